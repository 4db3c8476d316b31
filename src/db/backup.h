/* backup.h: the file form of a copy of all records; backup.c writes it, restore.c reads it. The same on both databases.
 *
 *   BACKUP_MAGIC, then one zstd frame of:
 *     u32 migrations, each: u32 number, bytes name, bytes checksum
 *     any number of: 'T' bytes table, u32 columns, each: bytes name; any number of 'R' and a value a column
 *     'E', u64 XXH3 of all before it in the frame
 *   bytes: u32 length and so many bytes. A value: u8 enum db_type; then nothing (NULL), i64 (INT, BOOL), the 64 bits of a
 *   double (REAL), or bytes (TEXT, BLOB). Numbers are little-endian. */
#ifndef DB_BACKUP_H
#define DB_BACKUP_H

#define BACKUP_MAGIC "hospes records 1\n"
enum { BACKUP_TABLE = 'T', BACKUP_ROW = 'R', BACKUP_END = 'E', BACKUP_VALUE_MAX = 1 << 30 };

/* Tables that are the copy's own: what ran on it, and whose it is. */
static inline bool backup_leaves_out(str table)
{
	return str_eq(table, S("migration")) || str_eq(table, S("directory"));
}
#endif
