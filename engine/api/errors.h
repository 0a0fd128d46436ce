/* Names and categories of the errors and warnings. */
#ifndef ESE_API_ERRORS_H
#define ESE_API_ERRORS_H

#include <stdbool.h>

#include <esent.h>

/* The JET_err... or JET_wrn... name, or "unknown error". */
const char *ese_error_name(JET_ERR code);

/* The category, and the way to it from the root, most general first, padded with zeros. False when
 * there is none. */
bool ese_error_category(JET_ERR code, JET_ERRCAT *category, unsigned char hierarchy[8]);

#endif
