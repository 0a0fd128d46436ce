/* Which collation the keys of this engine are made with. */
#include "engine/table/schema.h"

void ese_collation_name(char text[ESE_HEADER_COLLATION])
{
    memset(text, 0, ESE_HEADER_COLLATION);
    memcpy(text, "codes 1", sizeof "codes 1");
}

JET_ERR ese_collation_check(const char *text)
{
    char mine[ESE_HEADER_COLLATION];
    ese_collation_name(mine);
    return strcmp(text, mine) == 0 ? JET_errSuccess : JET_errUnicodeLanguageValidationFailure;
}
