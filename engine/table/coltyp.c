/* Column types: sizes (documentation page jet-coltyp). */
#include "engine/table/schema.h"

#define LONG_MAX_SIZE 2147483647u

struct coltyp {
    uint32_t size;                                  /* of every value; 0: it varies */
    uint32_t max;                                   /* 0: not a type columns can have */
};

static const struct coltyp coltyps[] = {
    [JET_coltypBit] = { 1, 1 },
    [JET_coltypUnsignedByte] = { 1, 1 },
    [JET_coltypShort] = { 2, 2 },
    [JET_coltypLong] = { 4, 4 },
    [JET_coltypCurrency] = { 8, 8 },
    [JET_coltypIEEESingle] = { 4, 4 },
    [JET_coltypIEEEDouble] = { 8, 8 },
    [JET_coltypDateTime] = { 8, 8 },
    [JET_coltypBinary] = { 0, 255 },
    [JET_coltypText] = { 0, 255 },
    [JET_coltypLongBinary] = { 0, LONG_MAX_SIZE },
    [JET_coltypLongText] = { 0, LONG_MAX_SIZE },
    [JET_coltypUnsignedLong] = { 4, 4 },
    [JET_coltypLongLong] = { 8, 8 },
    [JET_coltypGUID] = { 16, 16 },
    [JET_coltypUnsignedShort] = { 2, 2 },
    [JET_coltypUnsignedLongLong] = { 8, 8 },
};

bool ese_coltyp_is_valid(JET_COLTYP coltyp)
{
    return coltyp < sizeof coltyps / sizeof coltyps[0] && coltyps[coltyp].max != 0;
}

uint32_t ese_coltyp_size(JET_COLTYP coltyp)
{
    return coltyps[coltyp].size;
}

uint32_t ese_coltyp_max(JET_COLTYP coltyp)
{
    return coltyps[coltyp].max;
}
