#!/usr/bin/env python3
"""Makes one C file of all files under the folders given: embed.py ROOT OUT.c OUT.d FOLDER...

String literals, not lists of bytes: two megabytes of a list cost gcc 2.6 s and 308 MB, of a literal 0.04 s. Beside the
bytes stand their gzip form and, where the brotli command is installed, their brotli form, when they save a tenth.
OUT.d names every file and every folder, so that ninja builds again when one is changed, added or taken away.
"""
import gzip
import hashlib
import os
import shutil
import subprocess
import sys

TYPES = {
    '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.html': 'text/html; charset=utf-8',
    '.svg': 'image/svg+xml', '.json': 'application/json', '.png': 'image/png', '.jpg': 'image/jpeg', '.ico': 'image/x-icon',
    '.webp': 'image/webp', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
}
COMPRESSED_ALREADY = {'.model', '.png', '.jpg', '.webp', '.woff2'}
IGNORED = {'.build', '.md', '.py'}
LINE = 96


def literal(data):
    """data as C string literals, one piece a line. Octal escapes of three digits cannot swallow what follows."""
    out = []
    for at in range(0, len(data), LINE):
        piece = []
        for b in data[at:at + LINE]:
            if b in (0x22, 0x5c):
                piece.append('\\' + chr(b))
            elif b == 0x0a:
                piece.append('\\n')
            elif 0x20 <= b < 0x7f and b != 0x3f:  # a question mark could begin a trigraph
                piece.append(chr(b))
            else:
                piece.append('\\%03o' % b)
        out.append('\t"' + ''.join(piece) + '"')
    return '\n'.join(out) or '\t""'


def brotli(path):
    if not shutil.which('brotli'):
        return None
    return subprocess.run(['brotli', '-q', '11', '-c', path], check=True, stdout=subprocess.PIPE).stdout


def field(name, data):
    return '\t.%s = {\n%s, %d},\n' % (name, literal(data), len(data)) if data is not None else ''


def worthwhile(small, data):
    return small if small is not None and len(small) * 10 < len(data) * 9 else None


def collect(root, folders):
    files, seen = [], []
    for folder in folders:
        for at, dirs, names in os.walk(os.path.join(root, folder)):
            dirs.sort()
            seen.append(at)
            files += [os.path.join(at, n) for n in names if os.path.splitext(n)[1] not in IGNORED and n != 'meson.build' and not n.startswith('.') and not n.endswith('.fixture.json')]
    return sorted(files, key=lambda f: os.path.relpath(f, root).encode()), seen




def main():
    root, out, depfile, folders = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    files, seen = collect(root, folders)
    with open(out, 'w', encoding='ascii') as c:
        c.write('/* made by tools/embed.py */\n#include "http/asset.h"\n\nextern const struct asset asset__table[];\nextern const size_t asset__count;\n\n')
        c.write('const struct asset asset__table[] = {\n')
        for path in files:
            name, ext = os.path.relpath(path, root), os.path.splitext(path)[1]
            with open(path, 'rb') as f:
                data = f.read()
            packs = ext not in COMPRESSED_ALREADY and not name.startswith('pages/')
            c.write('{\n\t.path = {"%s", %d},\n' % (name, len(name.encode())))
            c.write(field('bytes', data))
            if packs:
                c.write(field('gzip', worthwhile(gzip.compress(data, 9, mtime=0), data)))
                c.write(field('brotli', worthwhile(brotli(path), data)))
            c.write('\t.hash = {"%s", 10},\n' % hashlib.sha256(data).hexdigest()[:10])
            kind = TYPES.get(ext, 'application/octet-stream')
            c.write('\t.content_type = {"%s", %d},\n},\n' % (kind, len(kind)))
        if not files:
            c.write('{.path = {"", 0}},\n')
        c.write('};\nconst size_t asset__count = %d;\n' % len(files))
    with open(depfile, 'w', encoding='utf-8') as d:
        d.write('%s: %s\n' % (out, ' '.join(p.replace(' ', '\\ ') for p in files + seen)))


main()
