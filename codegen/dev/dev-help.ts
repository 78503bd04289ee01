/** What `dev --help` prints. */
export const devHelp = `Serves a SpacetimeDB module from this process while it is being written: builds it again at every change and puts it in the place of the one
that runs, with all clients connected and, where the tables allow, all rows kept. For development and tests; production is SpacetimeDB itself.

Usage:
  spacetimedb-signals dev [MODULE] [options] [-- OPTIONS OF generate]

  MODULE               a project (TypeScript, Rust, C#, C++), a .wasm, or the file that a module in TypeScript or JavaScript begins with
                       (default: what spacetime.json names, else ./spacetimedb, else this folder)

Options:
      --db NAME        name of the database (default: that of spacetime.json, else of the folder)
  -p, --port PORT      port to listen at, on this machine only (default: 3000)
  -g, --generate DIR   write the TypeScript client of the module there, again whenever its schema changes
                       (default: what spacetime.json names)
      --data-dir DIR   keep the rows in this folder (default: in memory)
      --durable        with --data-dir: every commit is on the disk before anybody hears of it
      --reset          where rows are in the way of a new module, forget all rows without being asked
      --plain          print lines, as where there is no terminal
  -h, --help           show this text

Keys in a terminal: r builds again, x forgets all rows, g generates, c clears the screen, q quits.
Exit codes: 0 ended by the user, 2 it cannot serve, 3 wrong usage.

Example:
  npx spacetimedb-signals dev ./spacetimedb --db notes --generate src/generated
`;
