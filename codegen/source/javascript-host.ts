/** The functions of the host that a module imports. None of them is there while a module describes itself. */
const hostFunctions = [
  'table_id_from_name',
  'index_id_from_name',
  'datastore_table_row_count',
  'datastore_table_scan_bsatn',
  'datastore_index_scan_range_bsatn',
  'datastore_index_scan_point_bsatn',
  'datastore_insert_bsatn',
  'datastore_update_bsatn',
  'datastore_delete_by_index_scan_range_bsatn',
  'datastore_delete_by_index_scan_point_bsatn',
  'datastore_delete_all_by_eq_bsatn',
  'datastore_clear',
  'row_iter_bsatn_advance',
  'row_iter_bsatn_close',
  'volatile_nonatomic_schedule_immediate',
  'console_timer_start',
  'console_timer_end',
  'identity',
  'get_jwt_payload',
  'procedure_http_request',
  'procedure_start_mut_tx',
  'procedure_commit_mut_tx',
  'procedure_abort_mut_tx',
] as const;

/** The text of the module that stands for `spacetime:sys@…`, all versions of it: an older one registers hooks, a newer one asks for them. */
export const hostModule: string = [
  "export const moduleHooks = Symbol('SpacetimeDB.moduleHooks');",
  'export const registered = [];',
  'export function register_hooks(hooks) { registered.push(hooks); }',
  'export function console_log() {}',
  ...hostFunctions.map(
    (name) => `export function ${name}() { throw new Error('${name} is not there while a module describes itself'); }`,
  ),
].join('\n');

/** The text of a program that writes the description of the module in `file` to the file that it is called with. */
export function describingProgram(file: string): string {
  const imports: readonly (readonly [string, string])[] = [
    ['{ writeFileSync, writeSync }', 'node:fs'],
    ['{ moduleHooks, registered }', 'spacetime:sys@2.0'],
  ];
  return [
    ...imports.map(([what, from]) => `import ${what} from ${JSON.stringify(from)};`),
    'try {',
    `  const module = await import(${JSON.stringify(file)});`,
    '  const hooks = module.default?.[moduleHooks]?.(module) ?? registered[0];',
    "  if (hooks === undefined) fail('it has no schema as its default export; write: export default schema({ … })');",
    '  writeFileSync(process.argv[2], hooks.__describe_module__());',
    '} catch (error) {',
    '  // How a runtime says what nobody caught is its own.',
    "  fail('it throws when it is loaded: ' + String(error).split('\\n')[0]);",
    '}',
    '// Timers of the module keep nobody waiting.',
    'process.exit(0);',
    'function fail(why) {',
    '  writeSync(2, why);',
    '  process.exit(1);',
    '}',
  ].join('\n');
}
