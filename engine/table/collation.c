/* Which collation the keys of this engine are made with. */
#include "engine/table/schema.h"

void ese_collation_name(char text[ESE_HEADER_COLLATION])
{
    memset(text, 0, ESE_HEADER_COLLATION);
    ese_collation_version(text, ESE_HEADER_COLLATION);
}

/* The documented cause of this error is a change of sort order (page on JET_errSecondaryIndexCorrupted). */
JET_ERR ese_collation_check(const char *text)
{
    char mine[ESE_HEADER_COLLATION];
    ese_collation_name(mine);
    return strcmp(text, mine) == 0 ? JET_errSuccess : JET_errSecondaryIndexCorrupted;
}
