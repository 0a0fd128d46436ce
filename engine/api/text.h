/*
 * Text at the border. Inside the engine it is UTF-8; the A functions take and give UTF-8 as well
 * (the ANSI code page, on a system whose code page is UTF-8), the W functions UTF-16.
 */
#ifndef ESE_API_TEXT_H
#define ESE_API_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <esent.h>

enum ese_text { ESE_TEXT_A, ESE_TEXT_W };

/* The UTF-8 form, to be freed with ese_free; NULL stays NULL. JET_errUnicodeTranslationFail for
 * text that is not well formed, JET_errOutOfMemory. */
JET_ERR ese_text_in(enum ese_text text, const void *in, char **out);

/* The same for text of a given size in bytes that may contain nuls; *out_size is the size of the
 * result. */
JET_ERR ese_text_list_in(enum ese_text text, const void *in, uint32_t size, char **out,
                         uint32_t *out_size);

/* Writes text of the caller's kind with its nul into size bytes. JET_errBufferTooSmall when it was
 * cut. */
JET_ERR ese_text_out(enum ese_text text, const char *in, void *out, uint32_t size);

/* Bytes ese_text_out needs. */
uint32_t ese_text_size(enum ese_text text, const char *in);

#endif
