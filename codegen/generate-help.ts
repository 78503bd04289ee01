/** What `generate --help` prints. */
export const generateHelp = `Writes the TypeScript client of a SpacetimeDB module: its types, and its tables, reducers and procedures. Needs no SpacetimeDB CLI.

Usage:
  spacetimedb-signals generate -s URL -d DATABASE [options]   from a database that runs
  spacetimedb-signals generate -p DIR [options]               from a project: builds the module and asks it
  spacetimedb-signals generate --wasm FILE [options]          from a built module (Rust, C#, C++)
  spacetimedb-signals generate --js FILE [options]            from a module in TypeScript or JavaScript
  spacetimedb-signals generate --schema FILE|- [options]      from a schema in JSON; - reads standard input
  spacetimedb-signals generate [options]                      from what spacetime.json here names, or ./spacetimedb

Where the schema comes from:
  -s, --server URL         address of the server, such as http://localhost:3000
  -d, --database NAME      name or identity of the database
      --token TOKEN        token for the server, where it asks for one
  -p, --project DIR        folder of a module: Rust is built by cargo, C# by dotnet, C++ by emcmake; TypeScript needs esbuild;
                           an app has its module in its folder spacetimedb
      --wasm FILE          the module itself; nothing of it runs but its description of itself
      --js FILE            the file that the module begins with, bundled or not
      --schema FILE        what the schema endpoint of a server answers, version 9 or 10
      --raw, --canonical   how its names are meant: as the module's source has them, or as a server does (default: told by the schema)
      --env NAME           read spacetime.NAME.json and spacetime.NAME.local.json too, which go before spacetime.json

What is written:
  -o, --out DIR            output folder (default: src/generated)
      --include-private    also what only the owner of the database can see and call
      --enums FORM         values of enums without payloads: object, { tag: 'Idle' }, or string, 'Idle' (default: object)
      --doc-comments       take over the comments above types, their parts and functions of a project (Rust, C#, TypeScript)
      --option FORM        what an option without a value is: undefined or null (default: undefined)
      --split              a file of its own for each table, for modules with very many
      --import-ext EXT     ending of relative imports: js, ts or none (default: js)
      --runtime SPECIFIER  module that generated code imports (default: spacetimedb-signals/runtime)
      --dump-schema FILE   write the schema too, for --schema

How:
      --watch              write again whenever the project or the server's schema changes, until Ctrl+C
      --check              write nothing; exit with 1 when the folder is not up to date
      --dry-run            write nothing; say what would be written
      --json               print one line of JSON for programs instead of sentences
  -h, --help               show this text

Files that this command did not write are never changed or deleted.
Exit codes: 0 done or up to date, 1 --check found differences, 2 the schema could not be read or written out, 3 wrong usage.

Example:
  npx spacetimedb-signals generate -s http://localhost:3000 -d notes -o src/generated
`;
