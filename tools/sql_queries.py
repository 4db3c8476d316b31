#!/usr/bin/env python3
"""sql_queries.py SQL_DIR HEADER TABLE: makes the enum of named statements and the table of their texts.

Reads SQL_DIR/queries/*.sql and SQL_DIR/migrations/NNNN_name.sql, and writes HEADER (enum sql) and TABLE (C source:
every statement and migration in both databases' spelling). An output that would not change is left alone, so that
the build can run this every time and compile nothing.

A block "-- fragment: x" is no statement: its text stands wherever later blocks of the same file write {{x}}.

What is rewritten, outside quotes and comments only:
  $n        ?n in SQLite, which would number $n by first appearance
  types     ID INT64 REAL TEXT BLOB BOOL, see TYPES; in statements only after AS (a cast)
  tables    STRICT in SQLite; WITHOUT ROWID is left away in PostgreSQL
"""
import hashlib
import os
import re
import sys

TYPES = {
    'ID': ('INTEGER', 'BIGINT'),
    'INT64': ('INTEGER', 'BIGINT'),
    'REAL': ('REAL', 'DOUBLE PRECISION'),
    'TEXT': ('TEXT', 'TEXT'),
    'BLOB': ('BLOB', 'BYTEA'),
    'BOOL': ('INTEGER', 'BOOLEAN'),
}
DATABASES = ('sqlite', 'postgres')
# A quoted piece or a comment (kept or dropped as a whole), or code between them.
PIECES = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(--[^\n]*)|([^'\"-]+|-)")
HEADING = re.compile(r'--\s*name:\s*(.*)$')
FRAGMENT = re.compile(r'--\s*fragment:\s*([a-z][a-z0-9_]*)\s*$')
USE = re.compile(r'\{\{([a-z][a-z0-9_]*)\}\}')
NAME = re.compile(r'([a-z][a-z0-9_]*)(?:\s+:(\w+))?$')


def refuse(place, why):
    sys.exit(f'{place}: {why}')


def code_only(text, change):
    """The text without comments, with `change` applied outside quotes."""
    out = []
    for quoted, comment, code in PIECES.findall(text):
        out.append(quoted if quoted else '' if comment else change(code))
    return ''.join(out)


def tidy(text):
    return '\n'.join(line.rstrip() for line in text.strip().split('\n') if line.strip())


def statement(text, database):
    at = DATABASES.index(database)

    def change(code):
        code = re.sub(r'\b([Aa][Ss]\s+)(ID|INT64|REAL|BLOB|BOOL)\b', lambda m: m.group(1) + TYPES[m.group(2)][at], code)
        return re.sub(r'\$(\d+)', r'?\1', code) if database == 'sqlite' else code

    return tidy(code_only(text, change)).rstrip(';').rstrip()


def parameters(text):
    found = set()
    code_only(text, lambda code: found.update(int(n) for n in re.findall(r'\$(\d+)', code)) or code)
    return max(found, default=0)


def read_queries(folder):
    """name → {database: text}, in the order of files and blocks."""
    queries = {}
    for file in sorted(os.listdir(folder)):
        if not file.endswith('.sql'):
            continue
        name, variants, lines, fragments = None, (), [], {}

        def used(m):
            if m.group(1) not in fragments:
                refuse(where, f'there is no fragment {m.group(1)} above')
            return fragments[m.group(1)]

        def close():
            if name is None:
                return
            text = USE.sub(used, '\n'.join(lines))
            if not variants:
                fragments[name] = text.strip()
                return
            if ';' in code_only(text, lambda code: code).strip().rstrip(';'):
                refuse(where, f'{name} holds more than one statement')
            for database in variants:
                if database in queries.setdefault(name, {}):
                    refuse(where, f'{name} is given twice for {database}')
                queries[name][database] = statement(text, database)
                if not queries[name][database]:
                    refuse(where, f'{name} is empty')
                queries[name].setdefault('parameters', set()).add(parameters(text))

        with open(os.path.join(folder, file), encoding='utf-8') as source:
            for number, line in enumerate(source, 1):
                heading, fragment = HEADING.match(line.strip()), FRAGMENT.match(line.strip())
                if re.match(r'--\s*\w+:', line) and not heading and not fragment:
                    refuse(f'{file}:{number}', f'unknown heading "{line.strip()}" (only "-- name: x [:sqlite|:postgres]" and "-- fragment: x")')
                if fragment:
                    close()
                    name, variants, where, lines = fragment.group(1), (), f'{file}:{number}', []
                elif heading:
                    close()
                    where, lines = f'{file}:{number}', []
                    parts = NAME.match(heading.group(1).strip())
                    if not parts or (parts.group(2) and parts.group(2) not in DATABASES):
                        refuse(where, f'bad name "{heading.group(1).strip()}"')
                    name = parts.group(1)
                    variants = (parts.group(2),) if parts.group(2) else DATABASES
                elif name is None and tidy(code_only(line, lambda code: code)):
                    refuse(f'{file}:{number}', 'a statement before the first "-- name:"')
                else:
                    lines.append(line.rstrip('\n'))
        close()
    for name, query in queries.items():
        for database in DATABASES:
            if database not in query:
                refuse(name, f'has no text for {database}')
    return queries


def migration(text, database):
    at = DATABASES.index(database)

    def change(code):
        def typed(m):
            if m.group(2) == 'TEXT' and database == 'postgres' and not m.group(1):
                return 'TEXT COLLATE "C"'
            return (m.group(1) or '') + TYPES[m.group(2)][at]
        return re.sub(r'\b([Aa][Ss]\s+)?(ID|INT64|REAL|TEXT|BLOB|BOOL)\b', typed, code)

    out = []
    for part in split_statements(text):
        part = tidy(code_only(part, change))
        if re.match(r'CREATE TABLE', part):
            if database == 'sqlite':
                part += ', STRICT' if part.endswith('WITHOUT ROWID') else ' STRICT'
            else:
                part = re.sub(r'\)\s*WITHOUT ROWID$', ')', part)
        if part:
            out.append(part)
    return ';\n'.join(out) + ';'


def split_statements(text):
    out = ['']
    for quoted, comment, code in PIECES.findall(text):
        if comment:
            continue
        pieces = [quoted] if quoted else code.split(';')
        out[-1] += pieces[0]
        out.extend(pieces[1:])
    return [part.strip() for part in out if part.strip()]


def read_migrations(folder):
    out = []
    for file in sorted(os.listdir(folder)):
        if not file.endswith('.sql'):
            continue
        parts = re.match(r'(\d{4})_([a-z0-9_]+)\.sql$', file)
        if not parts:
            refuse(file, 'a migration is named NNNN_name.sql')
        number = int(parts.group(1))
        if out and out[-1]['number'] == number:
            refuse(file, 'another migration has this number')
        with open(os.path.join(folder, file), encoding='utf-8') as source:
            text = source.read()
        for part in split_statements(text):
            if re.match(r'CREATE TABLE', part, re.I) and not part.startswith('CREATE TABLE '):
                refuse(file, 'write CREATE TABLE in capitals')
        # Of the statements, not of comments and white space: those may be improved after release.
        texts = [migration(text, database) for database in DATABASES]
        digest = hashlib.sha256('\0'.join(' '.join(t.split()) for t in texts).encode()).hexdigest()
        out.append({'number': number, 'name': parts.group(2), 'texts': texts, 'checksum': digest})
    return out


def literal(text):
    lines = text.replace('\\', '\\\\').replace('"', '\\"').replace('?', '\\?').split('\n')
    return '\n\t\t'.join(f'"{line}\\n"' if i + 1 < len(lines) else f'"{line}"' for i, line in enumerate(lines))


def write_if_changed(path, text):
    try:
        with open(path, encoding='utf-8') as old:
            if old.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)


def main():
    folder, header, table = sys.argv[1:4]
    queries = read_queries(os.path.join(folder, 'queries'))
    migrations = read_migrations(os.path.join(folder, 'migrations'))
    out = ['/* Made by tools/sql_queries.py from sql/queries. */', '#ifndef SQL_QUERIES_H', '#define SQL_QUERIES_H', 'enum sql {']
    out += [f'\tSQL_{name},' for name in queries] + ['\tSQL_COUNT', '};', '#endif', '']
    write_if_changed(header, '\n'.join(out))
    out = ['/* Made by tools/sql_queries.py from sql/. */', '#include "db/driver.h"', '', 'const struct db__statement DB__STATEMENTS[] = {']
    for name, query in queries.items():
        if len(query['parameters']) != 1:
            refuse(name, 'its two texts take different numbers of parameters')
        out.append(f'\t{{"{name}", {{{literal(query["sqlite"])},\n\t\t{literal(query["postgres"])}}}, {min(query["parameters"])}}},')
    out += ['};', '', 'const struct db__migration DB__MIGRATIONS[] = {']
    for m in migrations:
        out.append(f'\t{{{m["number"]}, "{m["name"]}", {{{literal(m["texts"][0])},\n\t\t{literal(m["texts"][1])}}}, "{m["checksum"]}"}},')
    out += ['};', f'const size_t DB__MIGRATIONS_N = {len(migrations)};', '']
    write_if_changed(table, '\n'.join(out))


main()
