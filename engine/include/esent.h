/*
 * esent.h - the public C interface of the Extensible Storage Engine.
 *
 * One header for both sides of the interface: programs that call an engine and engines that are
 * called. It is written from the facts of the published interface (names, values, layouts, the
 * pages of the reference manual) and is binary compatible with it on 64-bit Windows; on 64-bit
 * Linux every struct has the same layout, because Windows' `long` is taken as 32 bits and its wide
 * character as 16 bits there too.
 *
 * Before including it
 *   JET_VERSION      the engine generation that is aimed at: 0x0500 Windows 2000, 0x0501 XP,
 *                    0x0502 Server 2003, 0x0600 Vista, 0x0601 7, 0x0602 8, 0x0603 8.1, 0x0A00 10.
 *                    Functions of later generations are not declared, and structs that have
 *                    grown have their older size. All other names are there in any case, also
 *                    the A and W functions. Default: 0x0A00; WINVER is not looked at.
 *   JET_UNICODE      plain names mean the W variants instead of the A variants.
 *   JET_NO_NAME_MAP  plain function names are not macros. Without it, and with JET_VERSION 0x0600
 *                    or later, `JetX` is a macro for `JetXA` (or `JetXW`, see JET_UNICODE) for
 *                    every function that has variants. With it `JetX` is the exported function of
 *                    that name, which takes what `JetXA` takes. Define it in engines, and wherever
 *                    jet_api.def is included. Plain struct names are typedefs and stay usable.
 *
 * Functions
 *   All functions return JET_ERR: 0 success, negative an error, positive a warning (the work was
 *   done). Out-parameters are written on success and on warnings; after an error their value is
 *   unspecified unless the function's page says otherwise.
 *   JetX and JetXA take text in the ANSI code page, JetXW takes UTF-16. JetGetErrorInfo exists as W
 *   only, four JetCreate... functions as A and W only.
 *
 * Units
 *   Parameters and members that begin with cb are bytes (also of UTF-16 text, with the terminating
 *   nul), c counts, cpg and pages are database pages, csec/cmsec are seconds and milliseconds, gen
 *   is a log generation, ib a byte offset.
 *   cbStruct must hold the size of its struct, as compiled, wherever a struct has that member.
 *
 * Ownership
 *   Memory that is passed in stays the caller's and is not kept after the return, except a callback
 *   and its context. Memory the engine hands out (the ** parameters) is freed with JetFreeBuffer,
 *   or, from JetEnumerateColumns, with the caller's own JET_PFNREALLOC.
 *
 * Threads
 *   All functions may be called from any thread. A session may be used by one thread at a time, and
 *   inside a transaction by the thread that began it unless JetSetSessionContext was used;
 *   everything opened in a session (databases, cursors) follows the session. Callbacks run on the
 *   calling thread if they belong to the call, otherwise on a thread of the engine.
 *
 * Handles
 *   Opaque. Nil is all ones (JET_instanceNil, JET_sesidNil, JET_tableidNil, JET_dbidNil), not 0.
 */
#ifndef ESENT_H
#define ESENT_H

#ifndef JET_VERSION
#define JET_VERSION 0x0A00
#endif

#include <stdint.h>
#if !defined(_WIN32) && !defined(__cplusplus)
#include <uchar.h>
#endif
#if defined(_WIN32) && !defined(__cplusplus)
#include <stddef.h>
#endif

#if UINTPTR_MAX < 0xFFFFFFFFFFFFFFFFu
#error "esent.h describes the 64-bit interface only: compile for a 64-bit target"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ----------------------------------------------------------------------------------------------
 * Basic types
 * -------------------------------------------------------------------------------------------- */

/* The interface speaks of `long` and WCHAR and means 32 and 16 bits. JET_CALL is the calling
 * convention; JET_API is the published name for it. Because jet_api.def gives the name JET_API to
 * its rows, declarations made from that list use JET_CALL. JET_WSZ makes a literal of JET_WCHAR. */
#ifdef _WIN32
typedef long JET_LONG;
typedef unsigned long JET_ULONG;
typedef wchar_t JET_WCHAR;
#define JET_CALL      __stdcall
#define JET_WSZ(text) L##text
#else
typedef int32_t JET_LONG;
typedef uint32_t JET_ULONG;
typedef char16_t JET_WCHAR;
#define JET_CALL
#define JET_WSZ(text) u##text
#endif
#define JET_API JET_CALL

typedef unsigned long long JET_API_PTR; /* an integer that can hold a pointer */

typedef JET_LONG JET_ERR;

typedef JET_API_PTR JET_INSTANCE;
typedef JET_API_PTR JET_SESID;
typedef JET_API_PTR JET_TABLEID;  /* a cursor */
typedef JET_API_PTR JET_HANDLE;   /* a file of a streaming backup; a registered callback */
typedef JET_API_PTR JET_LS;       /* local storage: the caller's, kept with a cursor or table */
typedef JET_API_PTR JET_OSSNAPID; /* a snapshot session */

typedef JET_ULONG JET_DBID;
typedef JET_ULONG JET_COLUMNID;
typedef JET_ULONG JET_OBJTYP;
typedef JET_ULONG JET_COLTYP;
typedef JET_ULONG JET_GRBIT; /* or-ed JET_bit... of the function at hand */
typedef JET_ULONG JET_SNP;   /* status callback: which process */
typedef JET_ULONG JET_SNT;   /* status callback: which stage */
typedef JET_ULONG JET_CBTYP;
typedef double JET_DATESERIAL; /* days since 1899-12-30, the time of day as the fraction */
typedef JET_LONG JET_ERRCAT;
typedef JET_LONG JET_RELOP;
typedef JET_LONG JET_INDEXCHECKING;

/* Text, nul-terminated. The _A and _W names are for code that is made for both variants. */
typedef char *JET_PSTR;
typedef const char *JET_PCSTR;
typedef JET_WCHAR *JET_PWSTR;
typedef const JET_WCHAR *JET_PCWSTR;
typedef JET_PSTR JET_PSTR_A;
typedef JET_PCSTR JET_PCSTR_A;
typedef JET_PWSTR JET_PSTR_W;
typedef JET_PCWSTR JET_PCSTR_W;

/* Lengths of arrays in structs: characters without the terminating nul. */
#define JET_BASE_NAME_LENGTH        3
#define JET_MAX_COMPUTERNAME_LENGTH 15

/* ----------------------------------------------------------------------------------------------
 * Callbacks
 * -------------------------------------------------------------------------------------------- */

/* Progress of a long operation. pv is a JET_SNPROG * at JET_sntProgress. A negative result stops
 * the operation where that is possible. */
typedef JET_ERR(JET_CALL *JET_PFNSTATUS)(JET_SESID sesid, JET_SNP snp, JET_SNT snt, void *pv);

/* An event on a table or a record (cbtyp). What pvArg1 and pvArg2 are depends on cbtyp. */
typedef JET_ERR(JET_CALL *JET_CALLBACK)(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid,
                                        JET_CBTYP cbtyp, void *pvArg1, void *pvArg2,
                                        void *pvContext, JET_API_PTR ulUnused);

/* Memory for JetEnumerateColumns: allocate (pv NULL), resize, or free (cb 0). Returning NULL from
 * the first two means out of memory. */
typedef void *(JET_CALL *JET_PFNREALLOC)(void *pvContext, void *pv, JET_ULONG cb);

/* ----------------------------------------------------------------------------------------------
 * Structs
 * -------------------------------------------------------------------------------------------- */

/* Structs with text exist as _A and _W; the plain name is one of the two (JET_UNICODE). */
#ifdef JET_UNICODE
#define JET_PAIR(name) typedef name##_W name
#else
#define JET_PAIR(name) typedef name##_A name
#endif

#pragma pack(push, 8)

/* Names. A database name and the name it is to be restored to; a conversion request of
 * JetCompact. */
typedef struct JET_RSTMAP_A {
    char *szDatabaseName;
    char *szNewDatabaseName;
} JET_RSTMAP_A;

typedef struct JET_RSTMAP_W {
    JET_WCHAR *szDatabaseName;
    JET_WCHAR *szNewDatabaseName;
} JET_RSTMAP_W;

JET_PAIR(JET_RSTMAP);

typedef struct JET_CONVERT_A {
    char *szOldDll;
    union {
        JET_ULONG fFlags;
        struct {
            JET_ULONG fSchemaChangesOnly : 1;
        };
    };
} JET_CONVERT_A;

typedef struct JET_CONVERT_W {
    JET_WCHAR *szOldDll;
    union {
        JET_ULONG fFlags;
        struct {
            JET_ULONG fSchemaChangesOnly : 1;
        };
    };
} JET_CONVERT_W;

JET_PAIR(JET_CONVERT);

/* Progress. The argument of a status callback at JET_sntProgress: done and total in units of the
 * caller's operation, comparable with each other only. */
typedef struct JET_SNPROG {
    JET_ULONG cbStruct;
    JET_ULONG cunitDone;
    JET_ULONG cunitTotal;
} JET_SNPROG;

typedef struct JET_DBINFOUPGRADE {
    JET_ULONG cbStruct;
    JET_ULONG cbFilesizeLow;
    JET_ULONG cbFilesizeHigh;
    JET_ULONG cbFreeSpaceRequiredLow;
    JET_ULONG cbFreeSpaceRequiredHigh;
    JET_ULONG csecToUpgrade;
    union {
        JET_ULONG ulFlags;
        struct {
            JET_ULONG fUpgradable : 1;
            JET_ULONG fAlreadyUpgraded : 1;
        };
    };
} JET_DBINFOUPGRADE;

/* Catalog. Objects, columns and indexes as the engine describes them. The *LIST structs name a
 * temporary table (tableid, owned by the caller: JetCloseTable) and the columns it has. */
typedef struct JET_OBJECTINFO {
    JET_ULONG cbStruct;
    JET_OBJTYP objtyp;
    JET_DATESERIAL dtCreate;
    JET_DATESERIAL dtUpdate;
    JET_GRBIT grbit;
    JET_ULONG flags;
    JET_ULONG cRecord;
    JET_ULONG cPage;
} JET_OBJECTINFO;

typedef struct JET_OBJECTLIST {
    JET_ULONG cbStruct;
    JET_TABLEID tableid;
    JET_ULONG cRecord;
    JET_COLUMNID columnidcontainername;
    JET_COLUMNID columnidobjectname;
    JET_COLUMNID columnidobjtyp;
    JET_COLUMNID columniddtCreate;
    JET_COLUMNID columniddtUpdate;
    JET_COLUMNID columnidgrbit;
    JET_COLUMNID columnidflags;
    JET_COLUMNID columnidcRecord;
    JET_COLUMNID columnidcPage;
} JET_OBJECTLIST;

typedef struct JET_COLUMNLIST {
    JET_ULONG cbStruct;
    JET_TABLEID tableid;
    JET_ULONG cRecord;
    JET_COLUMNID columnidPresentationOrder;
    JET_COLUMNID columnidcolumnname;
    JET_COLUMNID columnidcolumnid;
    JET_COLUMNID columnidcoltyp;
    JET_COLUMNID columnidCountry;
    JET_COLUMNID columnidLangid;
    JET_COLUMNID columnidCp;
    JET_COLUMNID columnidCollate;
    JET_COLUMNID columnidcbMax;
    JET_COLUMNID columnidgrbit;
    JET_COLUMNID columnidDefault;
    JET_COLUMNID columnidBaseTableName;
    JET_COLUMNID columnidBaseColumnName;
    JET_COLUMNID columnidDefinitionName;
} JET_COLUMNLIST;

typedef struct JET_COLUMNDEF {
    JET_ULONG cbStruct;
    JET_COLUMNID columnid;
    JET_COLTYP coltyp;
    unsigned short wCountry;
    unsigned short langid;
    unsigned short cp;
    unsigned short wCollate;
    JET_ULONG cbMax;
    JET_GRBIT grbit;
} JET_COLUMNDEF;

typedef struct JET_COLUMNBASE_A {
    JET_ULONG cbStruct;
    JET_COLUMNID columnid;
    JET_COLTYP coltyp;
    unsigned short wCountry;
    unsigned short langid;
    unsigned short cp;
    unsigned short wFiller;
    JET_ULONG cbMax;
    JET_GRBIT grbit;
    char szBaseTableName[256];
    char szBaseColumnName[256];
} JET_COLUMNBASE_A;

typedef struct JET_COLUMNBASE_W {
    JET_ULONG cbStruct;
    JET_COLUMNID columnid;
    JET_COLTYP coltyp;
    unsigned short wCountry;
    unsigned short langid;
    unsigned short cp;
    unsigned short wFiller;
    JET_ULONG cbMax;
    JET_GRBIT grbit;
    JET_WCHAR szBaseTableName[256];
    JET_WCHAR szBaseColumnName[256];
} JET_COLUMNBASE_W;

JET_PAIR(JET_COLUMNBASE);

typedef struct JET_INDEXLIST {
    JET_ULONG cbStruct;
    JET_TABLEID tableid;
    JET_ULONG cRecord;
    JET_COLUMNID columnidindexname;
    JET_COLUMNID columnidgrbitIndex;
    JET_COLUMNID columnidcKey;
    JET_COLUMNID columnidcEntry;
    JET_COLUMNID columnidcPage;
    JET_COLUMNID columnidcColumn;
    JET_COLUMNID columnidiColumn;
    JET_COLUMNID columnidcolumnid;
    JET_COLUMNID columnidcoltyp;
    JET_COLUMNID columnidCountry;
    JET_COLUMNID columnidLangid;
    JET_COLUMNID columnidCp;
    JET_COLUMNID columnidCollate;
    JET_COLUMNID columnidgrbitColumn;
    JET_COLUMNID columnidcolumnname;
    JET_COLUMNID columnidLCMapFlags;
} JET_INDEXLIST;

typedef struct JET_INDEXID {
    JET_ULONG cbStruct;
    unsigned char rgbIndexId[sizeof(JET_API_PTR) + sizeof(JET_ULONG) + sizeof(JET_ULONG)];
} JET_INDEXID;

/* Creation. Input of the functions that make columns, indexes and tables; err, columnid, tableid
 * and cCreated are written by the engine. Sizes are bytes, densities per cent, pages the
 * database's. A key description (szKey) is a list of '+' or '-' and a column name, each
 * nul-terminated, ended by one more nul; cbKey counts all its bytes. */
typedef struct JET_COLUMNCREATE_A {
    JET_ULONG cbStruct;
    char *szColumnName;
    JET_COLTYP coltyp;
    JET_ULONG cbMax;
    JET_GRBIT grbit;
    void *pvDefault;
    JET_ULONG cbDefault;
    JET_ULONG cp;
    JET_COLUMNID columnid;
    JET_ERR err;
} JET_COLUMNCREATE_A;

typedef struct JET_COLUMNCREATE_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szColumnName;
    JET_COLTYP coltyp;
    JET_ULONG cbMax;
    JET_GRBIT grbit;
    void *pvDefault;
    JET_ULONG cbDefault;
    JET_ULONG cp;
    JET_COLUMNID columnid;
    JET_ERR err;
} JET_COLUMNCREATE_W;

JET_PAIR(JET_COLUMNCREATE);

typedef struct JET_USERDEFINEDDEFAULT_A {
    char *szCallback;
    unsigned char *pbUserData;
    JET_ULONG cbUserData;
    char *szDependantColumns;
} JET_USERDEFINEDDEFAULT_A;

typedef struct JET_USERDEFINEDDEFAULT_W {
    JET_WCHAR *szCallback;
    unsigned char *pbUserData;
    JET_ULONG cbUserData;
    JET_WCHAR *szDependantColumns;
} JET_USERDEFINEDDEFAULT_W;

JET_PAIR(JET_USERDEFINEDDEFAULT);

typedef struct JET_CONDITIONALCOLUMN_A {
    JET_ULONG cbStruct;
    char *szColumnName;
    JET_GRBIT grbit;
} JET_CONDITIONALCOLUMN_A;

typedef struct JET_CONDITIONALCOLUMN_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szColumnName;
    JET_GRBIT grbit;
} JET_CONDITIONALCOLUMN_W;

JET_PAIR(JET_CONDITIONALCOLUMN);

typedef struct JET_UNICODEINDEX {
    JET_ULONG lcid;
    JET_ULONG dwMapFlags;
} JET_UNICODEINDEX;

typedef struct JET_UNICODEINDEX2 {
    JET_WCHAR *szLocaleName;
    JET_ULONG dwMapFlags;
} JET_UNICODEINDEX2;

typedef struct JET_TUPLELIMITS {
    JET_ULONG chLengthMin;
    JET_ULONG chLengthMax;
    JET_ULONG chToIndexMax;
#if JET_VERSION >= 0x0600
    JET_ULONG cchIncrement;
    JET_ULONG ichStart;
#endif
} JET_TUPLELIMITS;

typedef struct JET_SPACEHINTS {
    JET_ULONG cbStruct;
    JET_ULONG ulInitialDensity;
    JET_ULONG cbInitial;
    JET_GRBIT grbit;
    JET_ULONG ulMaintDensity;
    JET_ULONG ulGrowth;
    JET_ULONG cbMinExtent;
    JET_ULONG cbMaxExtent;
} JET_SPACEHINTS;

typedef struct JET_INDEXCREATE_A {
    JET_ULONG cbStruct;
    char *szIndexName;
    char *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    union {
        JET_ULONG lcid;
        JET_UNICODEINDEX *pidxunicode;
    };
    union {
        JET_ULONG cbVarSegMac;
#if JET_VERSION >= 0x0502
        JET_TUPLELIMITS *ptuplelimits;
#endif
    };
    JET_CONDITIONALCOLUMN_A *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
#if JET_VERSION >= 0x0600
    JET_ULONG cbKeyMost;
#endif
} JET_INDEXCREATE_A;

typedef struct JET_INDEXCREATE_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szIndexName;
    JET_WCHAR *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    union {
        JET_ULONG lcid;
        JET_UNICODEINDEX *pidxunicode;
    };
    union {
        JET_ULONG cbVarSegMac;
#if JET_VERSION >= 0x0502
        JET_TUPLELIMITS *ptuplelimits;
#endif
    };
    JET_CONDITIONALCOLUMN_W *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
#if JET_VERSION >= 0x0600
    JET_ULONG cbKeyMost;
#endif
} JET_INDEXCREATE_W;

JET_PAIR(JET_INDEXCREATE);

typedef struct JET_INDEXCREATE2_A {
    JET_ULONG cbStruct;
    char *szIndexName;
    char *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    union {
        JET_ULONG lcid;
        JET_UNICODEINDEX *pidxunicode;
    };
    union {
        JET_ULONG cbVarSegMac;
        JET_TUPLELIMITS *ptuplelimits;
    };
    JET_CONDITIONALCOLUMN_A *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
    JET_ULONG cbKeyMost;
    JET_SPACEHINTS *pSpacehints;
} JET_INDEXCREATE2_A;

typedef struct JET_INDEXCREATE2_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szIndexName;
    JET_WCHAR *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    union {
        JET_ULONG lcid;
        JET_UNICODEINDEX *pidxunicode;
    };
    union {
        JET_ULONG cbVarSegMac;
        JET_TUPLELIMITS *ptuplelimits;
    };
    JET_CONDITIONALCOLUMN_W *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
    JET_ULONG cbKeyMost;
    JET_SPACEHINTS *pSpacehints;
} JET_INDEXCREATE2_W;

JET_PAIR(JET_INDEXCREATE2);

typedef struct JET_INDEXCREATE3_A {
    JET_ULONG cbStruct;
    char *szIndexName;
    char *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    JET_UNICODEINDEX2 *pidxunicode;
    union {
        JET_ULONG cbVarSegMac;
        JET_TUPLELIMITS *ptuplelimits;
    };
    JET_CONDITIONALCOLUMN_A *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
    JET_ULONG cbKeyMost;
    JET_SPACEHINTS *pSpacehints;
} JET_INDEXCREATE3_A;

typedef struct JET_INDEXCREATE3_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szIndexName;
    JET_WCHAR *szKey;
    JET_ULONG cbKey;
    JET_GRBIT grbit;
    JET_ULONG ulDensity;
    JET_UNICODEINDEX2 *pidxunicode;
    union {
        JET_ULONG cbVarSegMac;
        JET_TUPLELIMITS *ptuplelimits;
    };
    JET_CONDITIONALCOLUMN_W *rgconditionalcolumn;
    JET_ULONG cConditionalColumn;
    JET_ERR err;
    JET_ULONG cbKeyMost;
    JET_SPACEHINTS *pSpacehints;
} JET_INDEXCREATE3_W;

JET_PAIR(JET_INDEXCREATE3);

typedef struct JET_TABLECREATE_A {
    JET_ULONG cbStruct;
    char *szTableName;
    char *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_A *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE_A *rgindexcreate;
    JET_ULONG cIndexes;
    JET_GRBIT grbit;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE_A;

typedef struct JET_TABLECREATE_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szTableName;
    JET_WCHAR *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_W *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE_W *rgindexcreate;
    JET_ULONG cIndexes;
    JET_GRBIT grbit;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE_W;

JET_PAIR(JET_TABLECREATE);

typedef struct JET_TABLECREATE2_A {
    JET_ULONG cbStruct;
    char *szTableName;
    char *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_A *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE_A *rgindexcreate;
    JET_ULONG cIndexes;
    char *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE2_A;

typedef struct JET_TABLECREATE2_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szTableName;
    JET_WCHAR *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_W *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE_W *rgindexcreate;
    JET_ULONG cIndexes;
    JET_WCHAR *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE2_W;

JET_PAIR(JET_TABLECREATE2);

typedef struct JET_TABLECREATE3_A {
    JET_ULONG cbStruct;
    char *szTableName;
    char *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_A *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE2_A *rgindexcreate;
    JET_ULONG cIndexes;
    char *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_SPACEHINTS *pSeqSpacehints;
    JET_SPACEHINTS *pLVSpacehints;
    JET_ULONG cbSeparateLV;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE3_A;

typedef struct JET_TABLECREATE3_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szTableName;
    JET_WCHAR *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_W *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE2_W *rgindexcreate;
    JET_ULONG cIndexes;
    JET_WCHAR *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_SPACEHINTS *pSeqSpacehints;
    JET_SPACEHINTS *pLVSpacehints;
    JET_ULONG cbSeparateLV;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE3_W;

JET_PAIR(JET_TABLECREATE3);

typedef struct JET_TABLECREATE4_A {
    JET_ULONG cbStruct;
    char *szTableName;
    char *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_A *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE3_A *rgindexcreate;
    JET_ULONG cIndexes;
    char *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_SPACEHINTS *pSeqSpacehints;
    JET_SPACEHINTS *pLVSpacehints;
    JET_ULONG cbSeparateLV;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE4_A;

typedef struct JET_TABLECREATE4_W {
    JET_ULONG cbStruct;
    JET_WCHAR *szTableName;
    JET_WCHAR *szTemplateTableName;
    JET_ULONG ulPages;
    JET_ULONG ulDensity;
    JET_COLUMNCREATE_W *rgcolumncreate;
    JET_ULONG cColumns;
    JET_INDEXCREATE3_W *rgindexcreate;
    JET_ULONG cIndexes;
    JET_WCHAR *szCallback;
    JET_CBTYP cbtyp;
    JET_GRBIT grbit;
    JET_SPACEHINTS *pSeqSpacehints;
    JET_SPACEHINTS *pLVSpacehints;
    JET_ULONG cbSeparateLV;
    JET_TABLEID tableid;
    JET_ULONG cCreated;
} JET_TABLECREATE4_W;

JET_PAIR(JET_TABLECREATE4);

typedef struct JET_OPENTEMPORARYTABLE {
    JET_ULONG cbStruct;
    const JET_COLUMNDEF *prgcolumndef;
    JET_ULONG ccolumn;
    JET_UNICODEINDEX *pidxunicode;
    JET_GRBIT grbit;
    JET_COLUMNID *prgcolumnid;
    JET_ULONG cbKeyMost;
    JET_ULONG cbVarSegMac;
    JET_TABLEID tableid;
} JET_OPENTEMPORARYTABLE;

typedef struct JET_OPENTEMPORARYTABLE2 {
    JET_ULONG cbStruct;
    const JET_COLUMNDEF *prgcolumndef;
    JET_ULONG ccolumn;
    JET_UNICODEINDEX2 *pidxunicode;
    JET_GRBIT grbit;
    JET_COLUMNID *prgcolumnid;
    JET_ULONG cbKeyMost;
    JET_ULONG cbVarSegMac;
    JET_TABLEID tableid;
} JET_OPENTEMPORARYTABLE2;

/* Columns. Values in and out. itagSequence counts the values of a column from 1; ibLongValue is
 * a byte offset into a long value; err is the result for this one column. Buffers belong to the
 * caller, except those of JET_ENUMCOLUMN and JET_ENUMCOLUMNVALUE, which come from the caller's
 * JET_PFNREALLOC. In JET_ENUMCOLUMN the second half of the union is valid where err is
 * JET_wrnColumnSingleValue. */
typedef struct JET_RETINFO {
    JET_ULONG cbStruct;
    JET_ULONG ibLongValue;
    JET_ULONG itagSequence;
    JET_COLUMNID columnidNextTagged;
} JET_RETINFO;

typedef struct JET_SETINFO {
    JET_ULONG cbStruct;
    JET_ULONG ibLongValue;
    JET_ULONG itagSequence;
} JET_SETINFO;

typedef struct JET_SETCOLUMN {
    JET_COLUMNID columnid;
    const void *pvData;
    JET_ULONG cbData;
    JET_GRBIT grbit;
    JET_ULONG ibLongValue;
    JET_ULONG itagSequence;
    JET_ERR err;
} JET_SETCOLUMN;

typedef struct JET_RETRIEVECOLUMN {
    JET_COLUMNID columnid;
    void *pvData;
    JET_ULONG cbData;
    JET_ULONG cbActual;
    JET_GRBIT grbit;
    JET_ULONG ibLongValue;
    JET_ULONG itagSequence;
    JET_COLUMNID columnidNextTagged;
    JET_ERR err;
} JET_RETRIEVECOLUMN;

typedef struct JET_ENUMCOLUMNID {
    JET_COLUMNID columnid;
    JET_ULONG ctagSequence;
    JET_ULONG *rgtagSequence;
} JET_ENUMCOLUMNID;

typedef struct JET_ENUMCOLUMNVALUE {
    JET_ULONG itagSequence;
    JET_ERR err;
    JET_ULONG cbData;
    void *pvData;
} JET_ENUMCOLUMNVALUE;

typedef struct JET_ENUMCOLUMN {
    JET_COLUMNID columnid;
    JET_ERR err;
    union {
        struct {
            JET_ULONG cEnumColumnValue;
            JET_ENUMCOLUMNVALUE *rgEnumColumnValue;
        };
        struct {
            JET_ULONG cbData;
            void *pvData;
        };
    };
} JET_ENUMCOLUMN;

/* Records and ranges. Positions are counts of index entries, approximate by nature; record sizes
 * are bytes and counts. */
typedef struct JET_RECPOS {
    JET_ULONG cbStruct;
    JET_ULONG centriesLT;
    JET_ULONG centriesInRange;
    JET_ULONG centriesTotal;
} JET_RECPOS;

typedef struct JET_RECPOS2 {
    JET_ULONG cbStruct;
    JET_ULONG centriesLTDeprecated;
    JET_ULONG centriesInRangeDeprecated;
    JET_ULONG centriesTotalDeprecated;
    unsigned long long centriesLT;
    unsigned long long centriesTotal;
} JET_RECPOS2;

typedef struct JET_RECORDLIST {
    JET_ULONG cbStruct;
    JET_TABLEID tableid;
    JET_ULONG cRecord;
    JET_COLUMNID columnidBookmark;
} JET_RECORDLIST;

typedef struct JET_INDEXRANGE {
    JET_ULONG cbStruct;
    JET_TABLEID tableid;
    JET_GRBIT grbit;
} JET_INDEXRANGE;

typedef struct JET_INDEX_COLUMN {
    JET_COLUMNID columnid;
    JET_RELOP relop;
    void *pv;
    JET_ULONG cb;
    JET_GRBIT grbit;
} JET_INDEX_COLUMN;

typedef struct JET_INDEX_RANGE {
    JET_INDEX_COLUMN *rgStartColumns;
    JET_ULONG cStartColumns;
    JET_INDEX_COLUMN *rgEndColumns;
    JET_ULONG cEndColumns;
} JET_INDEX_RANGE;

typedef struct JET_RECSIZE {
    unsigned long long cbData;
    unsigned long long cbLongValueData;
    unsigned long long cbOverhead;
    unsigned long long cbLongValueOverhead;
    unsigned long long cNonTaggedColumns;
    unsigned long long cTaggedColumns;
    unsigned long long cLongValues;
    unsigned long long cMultiValues;
} JET_RECSIZE;

typedef struct JET_RECSIZE2 {
    unsigned long long cbData;
    unsigned long long cbLongValueData;
    unsigned long long cbOverhead;
    unsigned long long cbLongValueOverhead;
    unsigned long long cNonTaggedColumns;
    unsigned long long cTaggedColumns;
    unsigned long long cLongValues;
    unsigned long long cMultiValues;
    unsigned long long cCompressedColumns;
    unsigned long long cbDataCompressed;
    unsigned long long cbLongValueDataCompressed;
} JET_RECSIZE2;

/* Log positions, times and signatures: the byte-packed five. Months count from 1, years from
 * 1900. */
#pragma pack(push, 1)

typedef struct JET_LOGTIME {
    char bSeconds;
    char bMinutes;
    char bHours;
    char bDay;
    char bMonth;
    char bYear;
    union {
        char bFiller1;
        struct {
            unsigned char fTimeIsUTC : 1;
            unsigned char bMillisecondsLow : 7;
        };
    };
    union {
        char bFiller2;
        struct {
            unsigned char fReserved : 1;
            unsigned char bMillisecondsHigh : 3;
            unsigned char fUnused : 4;
        };
    };
} JET_LOGTIME;

typedef struct JET_BKLOGTIME {
    char bSeconds;
    char bMinutes;
    char bHours;
    char bDay;
    char bMonth;
    char bYear;
    union {
        char bFiller1;
        struct {
            unsigned char fTimeIsUTC : 1;
            unsigned char bMillisecondsLow : 7;
        };
    };
    union {
        char bFiller2;
        struct {
            unsigned char fOSSnapshot : 1;
            unsigned char bMillisecondsHigh : 3;
            unsigned char fReserved : 4;
        };
    };
} JET_BKLOGTIME;

typedef struct JET_LGPOS {
    unsigned short ib;
    unsigned short isec;
    JET_LONG lGeneration;
} JET_LGPOS;

typedef struct JET_SIGNATURE {
    JET_ULONG ulRandom;
    JET_LOGTIME logtimeCreate;
    char szComputerName[JET_MAX_COMPUTERNAME_LENGTH + 1];
} JET_SIGNATURE;

typedef struct JET_BKINFO {
    JET_LGPOS lgposMark;
    union {
        JET_LOGTIME logtimeMark;
#if JET_VERSION >= 0x0600
        JET_BKLOGTIME bklogtimeMark;
#endif
    };
    JET_ULONG genLow;
    JET_ULONG genHigh;
} JET_BKINFO;

#pragma pack(pop)

/* Databases. The header of a database file, as information level JET_DbInfoMisc returns it;
 * which of the four is meant follows from the size of the caller's buffer. */
typedef struct JET_DBINFOMISC {
    JET_ULONG ulVersion;
    JET_ULONG ulUpdate;
    JET_SIGNATURE signDb;
    JET_ULONG dbstate;
    JET_LGPOS lgposConsistent;
    JET_LOGTIME logtimeConsistent;
    JET_LOGTIME logtimeAttach;
    JET_LGPOS lgposAttach;
    JET_LOGTIME logtimeDetach;
    JET_LGPOS lgposDetach;
    JET_SIGNATURE signLog;
    JET_BKINFO bkinfoFullPrev;
    JET_BKINFO bkinfoIncPrev;
    JET_BKINFO bkinfoFullCur;
    JET_ULONG fShadowingDisabled;
    JET_ULONG fUpgradeDb;
    JET_ULONG dwMajorVersion;
    JET_ULONG dwMinorVersion;
    JET_ULONG dwBuildNumber;
    JET_LONG lSPNumber;
    JET_ULONG cbPageSize;
} JET_DBINFOMISC;

typedef struct JET_DBINFOMISC2 {
    JET_ULONG ulVersion;
    JET_ULONG ulUpdate;
    JET_SIGNATURE signDb;
    JET_ULONG dbstate;
    JET_LGPOS lgposConsistent;
    JET_LOGTIME logtimeConsistent;
    JET_LOGTIME logtimeAttach;
    JET_LGPOS lgposAttach;
    JET_LOGTIME logtimeDetach;
    JET_LGPOS lgposDetach;
    JET_SIGNATURE signLog;
    JET_BKINFO bkinfoFullPrev;
    JET_BKINFO bkinfoIncPrev;
    JET_BKINFO bkinfoFullCur;
    JET_ULONG fShadowingDisabled;
    JET_ULONG fUpgradeDb;
    JET_ULONG dwMajorVersion;
    JET_ULONG dwMinorVersion;
    JET_ULONG dwBuildNumber;
    JET_LONG lSPNumber;
    JET_ULONG cbPageSize;
    JET_ULONG genMinRequired;
    JET_ULONG genMaxRequired;
    JET_LOGTIME logtimeGenMaxCreate;
    JET_ULONG ulRepairCount;
    JET_LOGTIME logtimeRepair;
    JET_ULONG ulRepairCountOld;
    JET_ULONG ulECCFixSuccess;
    JET_LOGTIME logtimeECCFixSuccess;
    JET_ULONG ulECCFixSuccessOld;
    JET_ULONG ulECCFixFail;
    JET_LOGTIME logtimeECCFixFail;
    JET_ULONG ulECCFixFailOld;
    JET_ULONG ulBadChecksum;
    JET_LOGTIME logtimeBadChecksum;
    JET_ULONG ulBadChecksumOld;
} JET_DBINFOMISC2;

typedef struct JET_DBINFOMISC3 {
    JET_ULONG ulVersion;
    JET_ULONG ulUpdate;
    JET_SIGNATURE signDb;
    JET_ULONG dbstate;
    JET_LGPOS lgposConsistent;
    JET_LOGTIME logtimeConsistent;
    JET_LOGTIME logtimeAttach;
    JET_LGPOS lgposAttach;
    JET_LOGTIME logtimeDetach;
    JET_LGPOS lgposDetach;
    JET_SIGNATURE signLog;
    JET_BKINFO bkinfoFullPrev;
    JET_BKINFO bkinfoIncPrev;
    JET_BKINFO bkinfoFullCur;
    JET_ULONG fShadowingDisabled;
    JET_ULONG fUpgradeDb;
    JET_ULONG dwMajorVersion;
    JET_ULONG dwMinorVersion;
    JET_ULONG dwBuildNumber;
    JET_LONG lSPNumber;
    JET_ULONG cbPageSize;
    JET_ULONG genMinRequired;
    JET_ULONG genMaxRequired;
    JET_LOGTIME logtimeGenMaxCreate;
    JET_ULONG ulRepairCount;
    JET_LOGTIME logtimeRepair;
    JET_ULONG ulRepairCountOld;
    JET_ULONG ulECCFixSuccess;
    JET_LOGTIME logtimeECCFixSuccess;
    JET_ULONG ulECCFixSuccessOld;
    JET_ULONG ulECCFixFail;
    JET_LOGTIME logtimeECCFixFail;
    JET_ULONG ulECCFixFailOld;
    JET_ULONG ulBadChecksum;
    JET_LOGTIME logtimeBadChecksum;
    JET_ULONG ulBadChecksumOld;
    JET_ULONG genCommitted;
} JET_DBINFOMISC3;

typedef struct JET_DBINFOMISC4 {
    JET_ULONG ulVersion;
    JET_ULONG ulUpdate;
    JET_SIGNATURE signDb;
    JET_ULONG dbstate;
    JET_LGPOS lgposConsistent;
    JET_LOGTIME logtimeConsistent;
    JET_LOGTIME logtimeAttach;
    JET_LGPOS lgposAttach;
    JET_LOGTIME logtimeDetach;
    JET_LGPOS lgposDetach;
    JET_SIGNATURE signLog;
    JET_BKINFO bkinfoFullPrev;
    JET_BKINFO bkinfoIncPrev;
    JET_BKINFO bkinfoFullCur;
    JET_ULONG fShadowingDisabled;
    JET_ULONG fUpgradeDb;
    JET_ULONG dwMajorVersion;
    JET_ULONG dwMinorVersion;
    JET_ULONG dwBuildNumber;
    JET_LONG lSPNumber;
    JET_ULONG cbPageSize;
    JET_ULONG genMinRequired;
    JET_ULONG genMaxRequired;
    JET_LOGTIME logtimeGenMaxCreate;
    JET_ULONG ulRepairCount;
    JET_LOGTIME logtimeRepair;
    JET_ULONG ulRepairCountOld;
    JET_ULONG ulECCFixSuccess;
    JET_LOGTIME logtimeECCFixSuccess;
    JET_ULONG ulECCFixSuccessOld;
    JET_ULONG ulECCFixFail;
    JET_LOGTIME logtimeECCFixFail;
    JET_ULONG ulECCFixFailOld;
    JET_ULONG ulBadChecksum;
    JET_LOGTIME logtimeBadChecksum;
    JET_ULONG ulBadChecksumOld;
    JET_ULONG genCommitted;
    JET_BKINFO bkinfoCopyPrev;
    JET_BKINFO bkinfoDiffPrev;
} JET_DBINFOMISC4;

/* Threads, errors, commits, parameters. JET_THREADSTATS counts since the thread began. */
typedef struct JET_THREADSTATS {
    JET_ULONG cbStruct;
    JET_ULONG cPageReferenced;
    JET_ULONG cPageRead;
    JET_ULONG cPagePreread;
    JET_ULONG cPageDirtied;
    JET_ULONG cPageRedirtied;
    JET_ULONG cLogRecord;
    JET_ULONG cbLogRecord;
} JET_THREADSTATS;

typedef struct JET_THREADSTATS2 {
    JET_ULONG cbStruct;
    JET_ULONG cPageReferenced;
    JET_ULONG cPageRead;
    JET_ULONG cPagePreread;
    JET_ULONG cPageDirtied;
    JET_ULONG cPageRedirtied;
    JET_ULONG cLogRecord;
    JET_ULONG cbLogRecord;
    unsigned long long cusecPageCacheMiss;
    JET_ULONG cPageCacheMiss;
} JET_THREADSTATS2;

typedef struct JET_THREADSTATS3 {
    JET_ULONG cbStruct;
    JET_ULONG cPageReferenced;
    JET_ULONG cPageRead;
    JET_ULONG cPagePreread;
    JET_ULONG cPageDirtied;
    JET_ULONG cPageRedirtied;
    JET_ULONG cLogRecord;
    JET_ULONG cbLogRecord;
    unsigned long long cusecPageCacheMiss;
    JET_ULONG cPageCacheMiss;
    JET_ULONG cSeparatedLongValueRead;
    unsigned long long cusecLongValuePageCacheMiss;
    JET_ULONG cLongValuePageCacheMiss;
} JET_THREADSTATS3;

typedef struct JET_ERRINFOBASIC_W {
    JET_ULONG cbStruct;
    JET_ERR errValue;
    JET_ERRCAT errcatMostSpecific;
    unsigned char rgCategoricalHierarchy[8];
    JET_ULONG lSourceLine;
    JET_WCHAR rgszSourceFile[64];
} JET_ERRINFOBASIC_W;

typedef struct JET_COMMIT_ID {
    JET_SIGNATURE signLog;
    int reserved;
    long long commitId;
} JET_COMMIT_ID;

typedef struct JET_OPERATIONCONTEXT {
    JET_ULONG ulUserID;
    unsigned char nOperationID;
    unsigned char nOperationType;
    unsigned char nClientType;
    unsigned char fFlags;
} JET_OPERATIONCONTEXT;

typedef struct JET_SETSYSPARAM_A {
    JET_ULONG paramid;
    JET_API_PTR lParam;
    const char *sz;
    JET_ERR err;
} JET_SETSYSPARAM_A;

typedef struct JET_SETSYSPARAM_W {
    JET_ULONG paramid;
    JET_API_PTR lParam;
    const JET_WCHAR *sz;
    JET_ERR err;
} JET_SETSYSPARAM_W;

JET_PAIR(JET_SETSYSPARAM);

/* Restore, backup, instances. Arrays of JET_INSTANCE_INFO, with everything they point to, are
 * one allocation of the engine; the caller frees it with one JetFreeBuffer. */
typedef struct JET_RSTINFO_A {
    JET_ULONG cbStruct;
    JET_RSTMAP_A *rgrstmap;
    JET_LONG crstmap;
    JET_LGPOS lgposStop;
    JET_LOGTIME logtimeStop;
    JET_PFNSTATUS pfnStatus;
} JET_RSTINFO_A;

typedef struct JET_RSTINFO_W {
    JET_ULONG cbStruct;
    JET_RSTMAP_W *rgrstmap;
    JET_LONG crstmap;
    JET_LGPOS lgposStop;
    JET_LOGTIME logtimeStop;
    JET_PFNSTATUS pfnStatus;
} JET_RSTINFO_W;

JET_PAIR(JET_RSTINFO);

typedef struct JET_LOGINFO_A {
    JET_ULONG cbSize;
    JET_ULONG ulGenLow;
    JET_ULONG ulGenHigh;
    char szBaseName[JET_BASE_NAME_LENGTH + 1];
} JET_LOGINFO_A;

typedef struct JET_LOGINFO_W {
    JET_ULONG cbSize;
    JET_ULONG ulGenLow;
    JET_ULONG ulGenHigh;
    JET_WCHAR szBaseName[JET_BASE_NAME_LENGTH + 1];
} JET_LOGINFO_W;

JET_PAIR(JET_LOGINFO);

typedef struct JET_INSTANCE_INFO_A {
    JET_INSTANCE hInstanceId;
    char *szInstanceName;
    JET_API_PTR cDatabases;
    char **szDatabaseFileName;
    char **szDatabaseDisplayName;
    char **szDatabaseSLVFileName_Obsolete;
} JET_INSTANCE_INFO_A;

typedef struct JET_INSTANCE_INFO_W {
    JET_INSTANCE hInstanceId;
    JET_WCHAR *szInstanceName;
    JET_API_PTR cDatabases;
    JET_WCHAR **szDatabaseFileName;
    JET_WCHAR **szDatabaseDisplayName;
    JET_WCHAR **szDatabaseSLVFileName_Obsolete;
} JET_INSTANCE_INFO_W;

JET_PAIR(JET_INSTANCE_INFO);
#undef JET_PAIR
#pragma pack(pop)

/* A commit that was asked to become durable later has become so, with every earlier one. */
typedef JET_ERR(JET_CALL *JET_PFNDURABLECOMMITCALLBACK)(JET_INSTANCE instance,
                                                        JET_COMMIT_ID *pCommitIdSeen,
                                                        JET_GRBIT grbit);

/* ----------------------------------------------------------------------------------------------
 * Limits and nil values
 * -------------------------------------------------------------------------------------------- */

#define JET_instanceNil (~(JET_INSTANCE)0)
#define JET_sesidNil    (~(JET_SESID)0)
#define JET_tableidNil  (~(JET_TABLEID)0)
#define JET_LSNil       (~(JET_LS)0)
#define JET_dbidNil     ((JET_DBID)0xFFFFFFFF)

/* Names, in characters, doubled under JET_UNICODE because buffers are sized in bytes. */
#ifdef JET_UNICODE
#define JET_cbNameMost     128
#define JET_cbFullNameMost 510
#else
#define JET_cbNameMost     64
#define JET_cbFullNameMost 255
#endif

/* Keys and bookmarks, in bytes. */
#define JET_cbKeyMost            255
#define JET_cbLimitKeyMost       256
#define JET_cbPrimaryKeyMost     255
#define JET_cbSecondaryKeyMost   255
#define JET_cbBookmarkMost       256
#define JET_cbKeyMostMin         255
#define JET_cbKeyMost2KBytePage  500
#define JET_cbKeyMost4KBytePage  1000
#define JET_cbKeyMost8KBytePage  2000
#define JET_cbKeyMost16KBytePage 2000
#define JET_cbKeyMost32KBytePage 2000
#define JET_cbKeyMostMost        2000
#define JET_cbBookmarkMostMost   2000

/* Values, in bytes. */
#define JET_cbColumnMost           255
#define JET_cbLVDefaultValueMost   255
#define JET_cbColumnLVPageOverhead 82
#define JET_cbLVColumnMost         0x7FFFFFFF

/* Columns of a table and of a key. */
#if JET_VERSION >= 0x0600
#define JET_ccolKeyMost 16
#else
#define JET_ccolKeyMost 12
#endif
#if JET_VERSION >= 0x0501
#define JET_ccolMost 0x0000FEE0
#else
#define JET_ccolMost 0x00007FFE
#endif
#define JET_ccolFixedMost  127
#define JET_ccolVarMost    128
#define JET_ccolTaggedMost (JET_ccolMost - 0xFF)

/* Columns of the tables that JET_OBJECTLIST, JET_COLUMNLIST and JET_INDEXLIST describe. */
#define cObjectInfoCols 9
#define cColumnInfoCols 14
#define cIndexInfoCols  15

/* JetMove: cRow is a number of entries or one of these. */
#define JET_MoveFirst    ((JET_LONG)0x80000000)
#define JET_MovePrevious (-1)
#define JET_MoveNext     1
#define JET_MoveLast     0x7FFFFFFF

/* JET_paramConfigStoreSpec: names inside a configuration store. */
#define JET_wszConfigStoreReadControl             JET_WSZ("CsReadControl")
#define JET_wszConfigStoreRelPathSysParamDefault  JET_WSZ("SysParamDefault")
#define JET_wszConfigStoreRelPathSysParamOverride JET_WSZ("SysParamOverride")

/* JET_paramEnableIndexChecking (JET_INDEXCHECKING). */
#define JET_IndexCheckingOff              0
#define JET_IndexCheckingOn               1
#define JET_IndexCheckingDeferToOpenTable 2
#define JET_IndexCheckingMax              3

/* How a column is compared in JET_INDEX_COLUMN (JET_RELOP). */
#define JET_relopEquals               0
#define JET_relopPrefixEquals         1
#define JET_relopNotEquals            2
#define JET_relopLessThanOrEqual      3
#define JET_relopLessThan             4
#define JET_relopGreaterThanOrEqual   5
#define JET_relopGreaterThan          6
#define JET_relopBitmaskEqualsZero    7
#define JET_relopBitmaskNotEqualsZero 8

/* JET_coltypMax, one more than the last column type, follows the generation. */
#if JET_VERSION >= 0x0A00
#define JET_coltypMax 19
#elif JET_VERSION >= 0x0600
#define JET_coltypMax 18
#elif JET_VERSION >= 0x0501
#define JET_coltypMax 14
#else
#define JET_coltypMax 13
#endif

/* Column types. */
#define JET_coltypNil              0
#define JET_coltypBit              1
#define JET_coltypUnsignedByte     2
#define JET_coltypShort            3
#define JET_coltypLong             4
#define JET_coltypCurrency         5
#define JET_coltypIEEESingle       6
#define JET_coltypIEEEDouble       7
#define JET_coltypDateTime         8
#define JET_coltypBinary           9
#define JET_coltypText             10
#define JET_coltypLongBinary       11
#define JET_coltypLongText         12
#define JET_coltypSLV              13
#define JET_coltypUnsignedLong     14
#define JET_coltypLongLong         15
#define JET_coltypGUID             16
#define JET_coltypUnsignedShort    17
#define JET_coltypUnsignedLongLong 18

/* Object types. */
#define JET_objtypNil   0
#define JET_objtypTable 1

/* What JetPrepareUpdate is asked for. */
#define JET_prepInsert                    0
#define JET_prepReplace                   2
#define JET_prepCancel                    3
#define JET_prepReplaceNoLock             4
#define JET_prepInsertCopy                5
#define JET_prepInsertCopyDeleteOriginal  7
#define JET_prepInsertCopyReplaceOriginal 9

/* Information levels of JetGetDatabaseInfo and JetGetDatabaseFileInfo. */
#define JET_DbInfoFilename       0
#define JET_DbInfoConnect        1
#define JET_DbInfoCountry        2
#define JET_DbInfoLCID           3
#define JET_DbInfoLangid         3
#define JET_DbInfoCp             4
#define JET_DbInfoCollate        5
#define JET_DbInfoOptions        6
#define JET_DbInfoTransactions   7
#define JET_DbInfoVersion        8
#define JET_DbInfoIsam           9
#define JET_DbInfoFilesize       10
#define JET_DbInfoSpaceOwned     11
#define JET_DbInfoSpaceAvailable 12
#define JET_DbInfoUpgrade        13
#define JET_DbInfoMisc           14
#define JET_DbInfoDBInUse        15
#define JET_DbInfoPageSize       17
#define JET_DbInfoFileType       19
#define JET_DbInfoFilesizeOnDisk 21

/* States of a database (JET_DBINFOMISC.dbstate). */
#define JET_dbstateJustCreated    1
#define JET_dbstateDirtyShutdown  2
#define JET_dbstateCleanShutdown  3
#define JET_dbstateBeingConverted 4
#define JET_dbstateForceDetach    5

/* File types (JET_DbInfoFileType). */
#define JET_filetypeUnknown      0
#define JET_filetypeDatabase     1
#define JET_filetypeLog          3
#define JET_filetypeCheckpoint   4
#define JET_filetypeTempDatabase 5
#define JET_filetypeFlushMap     7

/* Information levels of JetGetObjectInfo. */
#define JET_ObjInfo               0u
#define JET_ObjInfoListNoStats    1u
#define JET_ObjInfoList           2u
#define JET_ObjInfoSysTabCursor   3u
#define JET_ObjInfoListACM        4u
#define JET_ObjInfoNoStats        5u
#define JET_ObjInfoSysTabReadOnly 6u
#define JET_ObjInfoRulesLoaded    7u
#define JET_ObjInfoMax            8u

/* Information levels of JetGetTableInfo. */
#define JET_TblInfo                  0u
#define JET_TblInfoName              1u
#define JET_TblInfoDbid              2u
#define JET_TblInfoMostMany          3u
#define JET_TblInfoRvt               4u
#define JET_TblInfoOLC               5u
#define JET_TblInfoResetOLC          6u
#define JET_TblInfoSpaceUsage        7u
#define JET_TblInfoDumpTable         8u
#define JET_TblInfoSpaceAlloc        9u
#define JET_TblInfoSpaceOwned        10u
#define JET_TblInfoSpaceAvailable    11u
#define JET_TblInfoTemplateTableName 12u
#define JET_TblInfoSpaceOwnedLV      17u
#define JET_TblInfoSpaceAvailableLV  18u

/* Information levels of JetGetIndexInfo and JetGetTableIndexInfo. */
#define JET_IdxInfo               0u
#define JET_IdxInfoList           1u
#define JET_IdxInfoSysTabCursor   2u
#define JET_IdxInfoOLC            3u
#define JET_IdxInfoResetOLC       4u
#define JET_IdxInfoSpaceAlloc     5u
#define JET_IdxInfoLCID           6u
#define JET_IdxInfoLangid         6u
#define JET_IdxInfoCount          7u
#define JET_IdxInfoVarSegMac      8u
#define JET_IdxInfoIndexId        9u
#define JET_IdxInfoKeyMost        10u
#define JET_IdxInfoCreateIndex    11u
#define JET_IdxInfoCreateIndex2   12u
#define JET_IdxInfoCreateIndex3   13u
#define JET_IdxInfoLocaleName     14u
#define JET_IdxInfoSpaceOwned     18u
#define JET_IdxInfoSpaceAvailable 19u

/* Information levels of JetGetColumnInfo and JetGetTableColumnInfo; the Grbit ones are or-ed in. */
#define JET_ColInfo                           0u
#define JET_ColInfoList                       1u
#define JET_ColInfoSysTabCursor               3u
#define JET_ColInfoBase                       4u
#define JET_ColInfoListCompact                5u
#define JET_ColInfoByColid                    6u
#define JET_ColInfoListSortColumnid           7u
#define JET_ColInfoBaseByColid                8u
#define JET_ColInfoGrbitSortByColumnid        0x20000000u
#define JET_ColInfoGrbitMinimalInfo           0x40000000u
#define JET_ColInfoGrbitNonDerivedColumnsOnly 0x80000000u

/* Information levels of JetGetInstanceMiscInfo. */
#define JET_InstanceMiscInfoLogSignature 0u
#define JET_InstanceMiscInfoRBS          2u

/* Information levels of JetGetErrorInfoW. */
#define JET_ErrorInfoSpecificErr 1u

/* Occasions of a callback (bits). */
#define JET_cbtypNull                    0x00000000u
#define JET_cbtypFinalize                0x00000001u
#define JET_cbtypBeforeInsert            0x00000002u
#define JET_cbtypAfterInsert             0x00000004u
#define JET_cbtypBeforeReplace           0x00000008u
#define JET_cbtypAfterReplace            0x00000010u
#define JET_cbtypBeforeDelete            0x00000020u
#define JET_cbtypAfterDelete             0x00000040u
#define JET_cbtypUserDefinedDefaultValue 0x00000080u
#define JET_cbtypOnlineDefragCompleted   0x00000100u
#define JET_cbtypFreeCursorLS            0x00000200u
#define JET_cbtypFreeTableLS             0x00000400u

/* Status callback: what is going on. */
#define JET_snpRepair              2
#define JET_snpCompact             4
#define JET_snpRestore             8
#define JET_snpBackup              9
#define JET_snpUpgrade             10
#define JET_snpScrub               11
#define JET_snpUpgradeRecordFormat 12

/* Status callback: how far it has come. */
#define JET_sntProgress     0
#define JET_sntFail         3
#define JET_sntBegin        5
#define JET_sntComplete     6
#define JET_sntRequirements 7

/* JET_paramEventLoggingLevel. */
#define JET_EventLoggingDisable     0
#define JET_EventLoggingLevelMin    1
#define JET_EventLoggingLevelLow    25
#define JET_EventLoggingLevelMedium 50
#define JET_EventLoggingLevelHigh   75
#define JET_EventLoggingLevelMax    100

/* JET_paramExceptionAction. */
#define JET_ExceptionMsgBox   1
#define JET_ExceptionNone     2
#define JET_ExceptionFailFast 4

/* JET_paramEnableOnlineDefrag (bits). */
#define JET_OnlineDefragDisable     0
#define JET_OnlineDefragAllOBSOLETE 1
#define JET_OnlineDefragDatabases   2
#define JET_OnlineDefragSpaceTrees  4
#define JET_OnlineDefragAll         65535

/* JET_paramIOPriority. */
#define JET_IOPriorityNormal 0
#define JET_IOPriorityLow    1

/* JET_paramConfiguration (bits). */
#define JET_configDefault                1
#define JET_configRemoveQuotas           2
#define JET_configLowDiskFootprint       4
#define JET_configMediumDiskFootprint    8
#define JET_configLowMemory              16
#define JET_configDynamicMediumMemory    32
#define JET_configLowPower               64
#define JET_configSSDProfileIO           128
#define JET_configRunSilent              256
#define JET_configUnthrottledMemory      512
#define JET_configHighConcurrencyScaling 1024

/* JET_paramEnableSqm. */
#define JET_sqmDisable  0
#define JET_sqmEnable   1
#define JET_sqmFromCEIP 2

/* Session parameters. */
#define JET_sesparamCommitDefault    4097
#define JET_sesparamTransactionLevel 4099
#define JET_sesparamOperationContext 4100
#define JET_sesparamCorrelationID    4101
#define JET_sesparamMaxValueInvalid  4111

/* ----------------------------------------------------------------------------------------------
 * System parameters
 * -------------------------------------------------------------------------------------------- */

/* For JetSetSystemParameter, JetGetSystemParameter and JET_SETSYSPARAM. */
#define JET_paramSystemPath                                      0
#define JET_paramTempPath                                        1
#define JET_paramLogFilePath                                     2
#define JET_paramBaseName                                        3
#define JET_paramEventSource                                     4
#define JET_paramMaxSessions                                     5
#define JET_paramMaxOpenTables                                   6
#define JET_paramPreferredMaxOpenTables                          7
#define JET_paramMaxCursors                                      8
#define JET_paramMaxVerPages                                     9
#define JET_paramMaxTemporaryTables                              10
#define JET_paramLogFileSize                                     11
#define JET_paramLogBuffers                                      12
#define JET_paramWaitLogFlush                                    13
#define JET_paramLogCheckpointPeriod                             14
#define JET_paramLogWaitingUserMax                               15
#define JET_paramCommitDefault                                   16
#define JET_paramCircularLog                                     17
#define JET_paramDbExtensionSize                                 18
#define JET_paramPageTempDBMin                                   19
#define JET_paramPageFragment                                    20
#define JET_paramBatchIOBufferMax                                22
#define JET_paramCacheSizeMax                                    23
#define JET_paramCheckpointDepthMax                              24
#define JET_paramLRUKCorrInterval                                25
#define JET_paramLRUKHistoryMax                                  26
#define JET_paramLRUKPolicy                                      27
#define JET_paramLRUKTimeout                                     28
#define JET_paramLRUKTrxCorrInterval                             29
#define JET_paramOutstandingIOMax                                30
#define JET_paramStartFlushThreshold                             31
#define JET_paramStopFlushThreshold                              32
#define JET_paramRecovery                                        34
#define JET_paramEnableOnlineDefrag                              35
#define JET_paramCacheSize                                       41
#define JET_paramCheckFormatWhenOpenFail                         44
#define JET_paramEnableIndexChecking                             45
#define JET_paramEnableTempTableVersioning                       46
#define JET_paramIgnoreLogVersion                                47
#define JET_paramDeleteOldLogs                                   48
#define JET_paramEventSourceKey                                  49
#define JET_paramNoInformationEvent                              50
#define JET_paramEventLoggingLevel                               51
#define JET_paramDeleteOutOfRangeLogs                            52
#define JET_paramAccessDeniedRetryPeriod                         53
#define JET_paramEnableIndexCleanup                              54
#define JET_paramCacheSizeMin                                    60
#define JET_paramPreferredVerPages                               63
#define JET_paramDatabasePageSize                                64
#define JET_paramDisableCallbacks                                65
#define JET_paramLogFileCreateAsynch                             69
#define JET_paramErrorToString                                   70
#define JET_paramZeroDatabaseDuringBackup                        71
#define JET_paramUnicodeIndexDefault                             72
#define JET_paramRuntimeCallback                                 73
#define JET_paramCleanupMismatchedLogFiles                       77
#define JET_paramRecordUpgradeDirtyLevel                         78
#define JET_paramGlobalMinVerPages                               81
#define JET_paramOSSnapshotTimeout                               82
#define JET_paramExceptionAction                                 98
#define JET_paramEventLogCache                                   99
#define JET_paramCreatePathIfNotExist                            100
#define JET_paramPageHintCacheSize                               101
#define JET_paramOneDatabasePerSession                           102
#define JET_paramMaxInstances                                    104
#define JET_paramVersionStoreTaskQueueMax                        105
#define JET_paramDisablePerfmon                                  107
#define JET_paramIndexTuplesLengthMin                            110
#define JET_paramIndexTuplesLengthMax                            111
#define JET_paramIndexTuplesToIndexMax                           112
#define JET_paramAlternateDatabaseRecoveryPath                   113
#define JET_paramCachedClosedTables                              125
#define JET_paramEnableFileCache                                 126
#define JET_paramEnableViewCache                                 127
#define JET_paramVerPageSize                                     128
#define JET_paramConfiguration                                   129
#define JET_paramEnableAdvanced                                  130
#define JET_paramMaxColtyp                                       131
#define JET_paramIndexTupleIncrement                             132
#define JET_paramIndexTupleStart                                 133
#define JET_paramKeyMost                                         134
#define JET_paramCheckpointIOMax                                 135
#define JET_paramLegacyFileNames                                 136
#define JET_paramTableClass1Name                                 137
#define JET_paramTableClass2Name                                 138
#define JET_paramTableClass3Name                                 139
#define JET_paramTableClass4Name                                 140
#define JET_paramTableClass5Name                                 141
#define JET_paramTableClass6Name                                 142
#define JET_paramTableClass7Name                                 143
#define JET_paramTableClass8Name                                 144
#define JET_paramTableClass9Name                                 145
#define JET_paramTableClass10Name                                146
#define JET_paramTableClass11Name                                147
#define JET_paramTableClass12Name                                148
#define JET_paramTableClass13Name                                149
#define JET_paramTableClass14Name                                150
#define JET_paramTableClass15Name                                151
#define JET_paramIOPriority                                      152
#define JET_paramWaypointLatency                                 153
#define JET_paramEnablePersistedCallbacks                        156
#define JET_paramDefragmentSequentialBTrees                      160
#define JET_paramDefragmentSequentialBTreesDensityCheckFrequency 161
#define JET_paramIOThrottlingTimeQuanta                          162
#define JET_paramLVChunkSizeMost                                 163
#define JET_paramMaxCoalesceReadSize                             164
#define JET_paramMaxCoalesceWriteSize                            165
#define JET_paramMaxCoalesceReadGapSize                          166
#define JET_paramMaxCoalesceWriteGapSize                         167
#define JET_paramEnableDBScanInRecovery                          169
#define JET_paramDbScanThrottle                                  170
#define JET_paramDbScanIntervalMinSec                            171
#define JET_paramDbScanIntervalMaxSec                            172
#define JET_paramCachePriority                                   177
#define JET_paramMaxTransactionSize                              178
#define JET_paramPrereadIOMax                                    179
#define JET_paramEnableDBScanSerialization                       180
#define JET_paramHungIOThreshold                                 181
#define JET_paramHungIOActions                                   182
#define JET_paramMinDataForXpress                                183
#define JET_paramEnableShrinkDatabase                            184
#define JET_paramProcessFriendlyName                             186
#define JET_paramDurableCommitCallback                           187
#define JET_paramEnableSqm                                       188
#define JET_paramConfigStoreSpec                                 189
#define JET_paramUseFlushForWriteDurability                      214
#define JET_paramEnableRBS                                       215
#define JET_paramRBSFilePath                                     216
#define JET_paramPerfmonRefreshInterval                          217
#define JET_paramEnableBlockCache                                218
#define JET_paramEnableBlockCacheDetach                          220
#define JET_paramMaxValueInvalid                                 221

/* ----------------------------------------------------------------------------------------------
 * Bits
 * -------------------------------------------------------------------------------------------- */

/* Every function with a grbit parameter has bits of its own; the same value means other things
 * elsewhere. The list is alphabetical. */
#define JET_bitAbortSnapshot                               0x00000001u
#define JET_bitAllDatabasesSnapshot                        0x00000001u
#define JET_bitBackupAtomic                                0x00000004u
#define JET_bitBackupEndAbort                              0x00000002u
#define JET_bitBackupEndNormal                             0x00000001u
#define JET_bitBackupIncremental                           0x00000001u
#define JET_bitBackupSnapshot                              0x00000010u
#define JET_bitBackupTruncateDone                          0x00000100u
#define JET_bitBookmarkPermitVirtualCurrency               0x00000001u
#define JET_bitCheckUniqueness                             0x00000040u
#define JET_bitColumnAutoincrement                         0x00000010u
#define JET_bitColumnCompressed                            0x00080000u
#define JET_bitColumnDeleteOnZero                          0x00020000u
#define JET_bitColumnEscrowUpdate                          0x00000800u
#define JET_bitColumnFinalize                              0x00004000u
#define JET_bitColumnFixed                                 0x00000001u
#define JET_bitColumnMaybeNull                             0x00002000u
#define JET_bitColumnMultiValued                           0x00000400u
#define JET_bitColumnNotNULL                               0x00000004u
#define JET_bitColumnTTDescending                          0x00000080u
#define JET_bitColumnTTKey                                 0x00000040u
#define JET_bitColumnTagged                                0x00000002u
#define JET_bitColumnUnversioned                           0x00001000u
#define JET_bitColumnUpdatable                             0x00000020u
#define JET_bitColumnUserDefinedDefault                    0x00008000u
#define JET_bitColumnVersion                               0x00000008u
#define JET_bitCommitLazyFlush                             0x00000001u
#define JET_bitCompactRepair                               0x00000040u
#define JET_bitCompactStats                                0x00000020u
#define JET_bitConfigStoreReadControlDefault               0x00000000u
#define JET_bitConfigStoreReadControlDisableAll            0x00000002u
#define JET_bitConfigStoreReadControlInhibitRead           0x00000001u
#define JET_bitContinueAfterThaw                           0x00000004u
#define JET_bitCopySnapshot                                0x00000002u
#define JET_bitCreateHintAppendSequential                  0x00000002u
#define JET_bitCreateHintHotpointSequential                0x00000004u
#define JET_bitDbDeleteCorruptIndexes                      0x00000010u
#define JET_bitDbDeleteUnicodeIndexes                      0x00000400u
#define JET_bitDbEnableBackgroundMaintenance               0x00000800u
#define JET_bitDbExclusive                                 0x00000002u
#define JET_bitDbOverwriteExisting                         0x00000200u
#define JET_bitDbPurgeCacheOnAttach                        0x00001000u
#define JET_bitDbReadOnly                                  0x00000001u
#define JET_bitDbRecoveryOff                               0x00000008u
#define JET_bitDbShadowingOff                              0x00000080u
#define JET_bitDbUpgrade                                   0x00000200u
#define JET_bitDefragmentAvailSpaceTreesOnly               0x00000040u
#define JET_bitDefragmentBTree                             0x00000100u
#define JET_bitDefragmentBatchStart                        0x00000001u
#define JET_bitDefragmentBatchStop                         0x00000002u
#define JET_bitDefragmentNoPartialMerges                   0x00000080u
#define JET_bitDeleteColumnIgnoreTemplateColumns           0x00000001u
#define JET_bitDeleteHintTableSequential                   0x00000100u
#define JET_bitDumpCacheIncludeCachedPages                 0x00000020u
#define JET_bitDumpCacheIncludeCorruptedPages              0x00000040u
#define JET_bitDumpCacheIncludeDirtyPages                  0x00000010u
#define JET_bitDumpCacheMaximum                            0x00000008u
#define JET_bitDumpCacheMinimum                            0x00000004u
#define JET_bitDumpCacheNoDecommit                         0x00000080u
#define JET_bitDumpMaximum                                 0x00000002u
#define JET_bitDumpMinimum                                 0x00000001u
#define JET_bitDurableCommitCallbackLogUnavailable         0x00000001u
#define JET_bitESE98FileNames                              0x00000001u
#define JET_bitEightDotThreeSoftCompat                     0x00000002u
#define JET_bitEnumerateCompressOutput                     0x00080000u
#define JET_bitEnumerateCopy                               0x00000001u
#define JET_bitEnumerateIgnoreDefault                      0x00000020u
#define JET_bitEnumerateIgnoreUserDefinedDefault           0x00100000u
#define JET_bitEnumerateInRecordOnly                       0x00200000u
#define JET_bitEnumeratePresenceOnly                       0x00020000u
#define JET_bitEnumerateTaggedOnly                         0x00040000u
#define JET_bitEscrowNoRollback                            0x00000001u
#define JET_bitExplicitPrepare                             0x00000008u
#define JET_bitForceCloseAndDetach                         0x00000003u
#define JET_bitForceDetach                                 0x00000001u
#define JET_bitForceNewLog                                 0x00000010u
#define JET_bitFullColumnEndLimit                          0x00000200u
#define JET_bitFullColumnStartLimit                        0x00000100u
#define JET_bitHungIOEvent                                 0x00000001u
#define JET_bitIdleCompact                                 0x00000002u
#define JET_bitIdleFlushBuffers                            0x00000001u
#define JET_bitIdleStatus                                  0x00000004u
#define JET_bitIncrementalSnapshot                         0x00000001u
#define JET_bitIndexColumnMustBeNonNull                    0x00000002u
#define JET_bitIndexColumnMustBeNull                       0x00000001u
#define JET_bitIndexCrossProduct                           0x00004000u
#define JET_bitIndexDisallowNull                           0x00000004u
#define JET_bitIndexDisallowTruncation                     0x00010000u
#define JET_bitIndexDotNetGuid                             0x00040000u
#define JET_bitIndexEmpty                                  0x00000100u
#define JET_bitIndexIgnoreAnyNull                          0x00000020u
#define JET_bitIndexIgnoreFirstNull                        0x00000040u
#define JET_bitIndexIgnoreNull                             0x00000008u
#define JET_bitIndexImmutableStructure                     0x00080000u
#define JET_bitIndexKeyMost                                0x00008000u
#define JET_bitIndexLazyFlush                              0x00000080u
#define JET_bitIndexNestedTable                            0x00020000u
#define JET_bitIndexPrimary                                0x00000002u
#define JET_bitIndexSortNullsHigh                          0x00000400u
#define JET_bitIndexTupleLimits                            0x00002000u
#define JET_bitIndexTuples                                 0x00001000u
#define JET_bitIndexUnicode                                0x00000800u
#define JET_bitIndexUnique                                 0x00000001u
#define JET_bitIndexUnversioned                            0x00000200u
#define JET_bitKeepDbAttachedAtEndOfRecovery               0x00001000u
#define JET_bitKeyAscending                                0x00000000u
#define JET_bitKeyDataZeroLength                           0x00000010u
#define JET_bitKeyDescending                               0x00000001u
#define JET_bitLSCursor                                    0x00000002u
#define JET_bitLSReset                                     0x00000001u
#define JET_bitLSTable                                     0x00000004u
#define JET_bitLogStreamMustExist                          0x00000040u
#define JET_bitMoveFirst                                   0x00000000u
#define JET_bitMoveKeyNE                                   0x00000001u
#define JET_bitNewKey                                      0x00000001u
#define JET_bitNil                                         ((JET_GRBIT)0)
#define JET_bitNoMove                                      0x00000002u
#define JET_bitNormalizedKey                               0x00000008u
#define JET_bitObjectSystem                                0x80000000u
#define JET_bitObjectTableDerived                          0x10000000u
#define JET_bitObjectTableFixedDDL                         0x40000000u
#define JET_bitObjectTableNoFixedVarColumnsInDerivedTables 0x04000000u
#define JET_bitObjectTableTemplate                         0x20000000u
#define JET_bitPartialColumnEndLimit                       0x00000800u
#define JET_bitPartialColumnStartLimit                     0x00000400u
#define JET_bitPrereadBackward                             0x00000002u
#define JET_bitPrereadFirstPage                            0x00000004u
#define JET_bitPrereadForward                              0x00000001u
#define JET_bitPrereadNormalizedKey                        0x00000008u
#define JET_bitRangeInclusive                              0x00000001u
#define JET_bitRangeInstantDuration                        0x00000004u
#define JET_bitRangeRemove                                 0x00000008u
#define JET_bitRangeUpperLimit                             0x00000002u
#define JET_bitReadLock                                    0x00000001u
#define JET_bitRecordInIndex                               0x00000001u
#define JET_bitRecordNotInIndex                            0x00000002u
#define JET_bitRecordSizeInCopyBuffer                      0x00000001u
#define JET_bitRecordSizeLocal                             0x00000004u
#define JET_bitRecordSizeRunningTotal                      0x00000002u
#define JET_bitRecoveryWithoutUndo                         0x00000008u
#define JET_bitReplayIgnoreLostLogs                        0x00000080u
#define JET_bitReplayIgnoreMissingDB                       0x00000004u
#define JET_bitReplayMissingMapEntryDB                     0x00000020u
#define JET_bitResizeDatabaseOnlyGrow                      0x00000001u
#define JET_bitResizeDatabaseOnlyShrink                    0x00000002u
#define JET_bitRetrieveCopy                                0x00000001u
#define JET_bitRetrieveFromIndex                           0x00000002u
#define JET_bitRetrieveFromPrimaryBookmark                 0x00000004u
#define JET_bitRetrieveHintReserve1                        0x00000008u
#define JET_bitRetrieveHintReserve2                        0x00000040u
#define JET_bitRetrieveHintReserve3                        0x00000080u
#define JET_bitRetrieveHintTableScanBackward               0x00000020u
#define JET_bitRetrieveHintTableScanForward                0x00000010u
#define JET_bitRetrieveIgnoreDefault                       0x00000020u
#define JET_bitRetrieveNull                                0x00000010u
#define JET_bitRetrieveTag                                 0x00000008u
#define JET_bitRetrieveTuple                               0x00000800u
#define JET_bitRollbackAll                                 0x00000001u
#define JET_bitSeekEQ                                      0x00000001u
#define JET_bitSeekGE                                      0x00000008u
#define JET_bitSeekGT                                      0x00000010u
#define JET_bitSeekLE                                      0x00000004u
#define JET_bitSeekLT                                      0x00000002u
#define JET_bitSetAppendLV                                 0x00000001u
#define JET_bitSetCompressed                               0x00020000u
#define JET_bitSetContiguousLV                             0x00040000u
#define JET_bitSetIndexRange                               0x00000020u
#define JET_bitSetIntrinsicLV                              0x00000400u
#define JET_bitSetOverwriteLV                              0x00000004u
#define JET_bitSetRevertToDefaultValue                     0x00000200u
#define JET_bitSetSeparateLV                               0x00000040u
#define JET_bitSetSizeLV                                   0x00000008u
#define JET_bitSetUncompressed                             0x00010000u
#define JET_bitSetUniqueMultiValues                        0x00000080u
#define JET_bitSetUniqueNormalizedMultiValues              0x00000100u
#define JET_bitSetZeroLength                               0x00000020u
#define JET_bitShrinkDatabaseOff                           0x00000000u
#define JET_bitShrinkDatabaseOn                            0x00000001u
#define JET_bitShrinkDatabaseRealtime                      0x00000002u
#define JET_bitShrinkDatabaseTrim                          0x00000001u
#define JET_bitSpaceHintsUtilizeParentSpace                0x00000001u
#define JET_bitStopServiceAll                              0x00000000u
#define JET_bitStopServiceBackgroundUserTasks              0x00000002u
#define JET_bitStopServiceQuiesceCaches                    0x00000004u
#define JET_bitStopServiceResume                           0x80000000u
#define JET_bitStrLimit                                    0x00000002u
#define JET_bitSubStrLimit                                 0x00000004u
#define JET_bitTTDotNetGuid                                0x00000100u
#define JET_bitTTErrorOnDuplicateInsertion                 0x00000020u
#define JET_bitTTForceMaterialization                      0x00000020u
#define JET_bitTTForwardOnly                               0x00000040u
#define JET_bitTTIndexed                                   0x00000001u
#define JET_bitTTIntrinsicLVsOnly                          0x00000080u
#define JET_bitTTScrollable                                0x00000008u
#define JET_bitTTSortNullsHigh                             0x00000010u
#define JET_bitTTUnique                                    0x00000002u
#define JET_bitTTUpdatable                                 0x00000004u
#define JET_bitTableClass1                                 0x00010000u
#define JET_bitTableClass2                                 0x00020000u
#define JET_bitTableClass3                                 0x00030000u
#define JET_bitTableClass4                                 0x00040000u
#define JET_bitTableClass5                                 0x00050000u
#define JET_bitTableClass6                                 0x00060000u
#define JET_bitTableClass7                                 0x00070000u
#define JET_bitTableClass8                                 0x00080000u
#define JET_bitTableClass9                                 0x00090000u
#define JET_bitTableClass10                                0x000A0000u
#define JET_bitTableClass11                                0x000B0000u
#define JET_bitTableClass12                                0x000C0000u
#define JET_bitTableClass13                                0x000D0000u
#define JET_bitTableClass14                                0x000E0000u
#define JET_bitTableClass15                                0x000F0000u
#define JET_bitTableClassMask                              0x001F0000u
#define JET_bitTableClassNone                              0x00000000u
#define JET_bitTableCreateFixedDDL                         0x00000001u
#define JET_bitTableCreateImmutableStructure               0x00000008u
#define JET_bitTableCreateNoFixedVarColumnsInDerivedTables 0x00000004u
#define JET_bitTableCreateTemplateTable                    0x00000002u
#define JET_bitTableDenyRead                               0x00000002u
#define JET_bitTableDenyWrite                              0x00000001u
#define JET_bitTableInfoBookmark                           0x00000002u
#define JET_bitTableInfoRollback                           0x00000004u
#define JET_bitTableInfoUpdatable                          0x00000001u
#define JET_bitTableNoCache                                0x00000020u
#define JET_bitTableOpportuneRead                          0x00000080u
#define JET_bitTablePermitDDL                              0x00000010u
#define JET_bitTablePreread                                0x00000040u
#define JET_bitTableReadOnly                               0x00000004u
#define JET_bitTableSequential                             0x00008000u
#define JET_bitTableUpdatable                              0x00000008u
#define JET_bitTermAbrupt                                  0x00000002u
#define JET_bitTermComplete                                0x00000001u
#define JET_bitTermDirty                                   0x00000008u
#define JET_bitTermStopBackup                              0x00000004u
#define JET_bitTransactionReadOnly                         0x00000001u
#define JET_bitTruncateLogsAfterRecovery                   0x00000010u
#define JET_bitUpdateCheckESE97Compatibility               0x00000001u
#define JET_bitWaitAllLevel0Commit                         0x00000008u
#define JET_bitWaitLastLevel0Commit                        0x00000002u
#define JET_bitWriteLock                                   0x00000002u
#define JET_bitZeroLength                                  0x00000001u

/* ----------------------------------------------------------------------------------------------
 * Error categories
 * -------------------------------------------------------------------------------------------- */

/* JET_ERRCAT: values of JET_ERRINFOBASIC_W.errcatMostSpecific and of its hierarchy. */
#define JET_errcatUnknown       0
#define JET_errcatError         1
#define JET_errcatOperation     2
#define JET_errcatFatal         3
#define JET_errcatIO            4
#define JET_errcatResource      5
#define JET_errcatMemory        6
#define JET_errcatQuota         7
#define JET_errcatDisk          8
#define JET_errcatData          9
#define JET_errcatCorruption    10
#define JET_errcatInconsistent  11
#define JET_errcatFragmentation 12
#define JET_errcatApi           13
#define JET_errcatUsage         14
#define JET_errcatState         15
#define JET_errcatObsolete      16
#define JET_errcatMax           17

/* ----------------------------------------------------------------------------------------------
 * Errors and warnings
 * -------------------------------------------------------------------------------------------- */

/* JET_ERR: 0 is success, negative values are errors, positive values warnings. JET_wrnNyi is the
 * one warning with a negative value. */
#define JET_errSuccess                                              0
#define JET_wrnNyi                                                  (-1)
#define JET_errRfsFailure                                           (-100)
#define JET_errRfsNotArmed                                          (-101)
#define JET_errFileClose                                            (-102)
#define JET_errOutOfThreads                                         (-103)
#define JET_errTooManyIO                                            (-105)
#define JET_errTaskDropped                                          (-106)
#define JET_errInternalError                                        (-107)
#define JET_errDisabledFunctionality                                (-112)
#define JET_errUnloadableOSFunctionality                            (-113)
#define JET_errDatabaseBufferDependenciesCorrupted                  (-255)
#define JET_errPreviousVersion                                      (-322)
#define JET_errPageBoundary                                         (-323)
#define JET_errKeyBoundary                                          (-324)
#define JET_errBadPageLink                                          (-327)
#define JET_errBadBookmark                                          (-328)
#define JET_errNTSystemCallFailed                                   (-334)
#define JET_errBadParentPageLink                                    (-338)
#define JET_errSPAvailExtCacheOutOfSync                             (-340)
#define JET_errSPAvailExtCorrupted                                  (-341)
#define JET_errSPAvailExtCacheOutOfMemory                           (-342)
#define JET_errSPOwnExtCorrupted                                    (-343)
#define JET_errDbTimeCorrupted                                      (-344)
#define JET_errKeyTruncated                                         (-346)
#define JET_errDatabaseLeakInSpace                                  (-348)
#define JET_errBadEmptyPage                                         (-351)
#define JET_errBadLineCount                                         (-354)
#define JET_errPageTagCorrupted                                     (-357)
#define JET_errNodeCorrupted                                        (-358)
#define JET_errKeyTooBig                                            (-408)
#define JET_errCannotSeparateIntrinsicLV                            (-416)
#define JET_errSeparatedLongValue                                   (-421)
#define JET_errMustBeSeparateLongValue                              (-423)
#define JET_errInvalidPreread                                       (-424)
#define JET_errInvalidLoggedOperation                               (-500)
#define JET_errLogFileCorrupt                                       (-501)
#define JET_errNoBackupDirectory                                    (-503)
#define JET_errBackupDirectoryNotEmpty                              (-504)
#define JET_errBackupInProgress                                     (-505)
#define JET_errRestoreInProgress                                    (-506)
#define JET_errMissingPreviousLogFile                               (-509)
#define JET_errLogWriteFail                                         (-510)
#define JET_errLogDisabledDueToRecoveryFailure                      (-511)
#define JET_errCannotLogDuringRecoveryRedo                          (-512)
#define JET_errLogGenerationMismatch                                (-513)
#define JET_errBadLogVersion                                        (-514)
#define JET_errInvalidLogSequence                                   (-515)
#define JET_errLoggingDisabled                                      (-516)
#define JET_errLogBufferTooSmall                                    (-517)
#define JET_errLogSequenceEnd                                       (-519)
#define JET_errNoBackup                                             (-520)
#define JET_errInvalidBackupSequence                                (-521)
#define JET_errBackupNotAllowedYet                                  (-523)
#define JET_errDeleteBackupFileFail                                 (-524)
#define JET_errMakeBackupDirectoryFail                              (-525)
#define JET_errInvalidBackup                                        (-526)
#define JET_errRecoveredWithErrors                                  (-527)
#define JET_errMissingLogFile                                       (-528)
#define JET_errLogDiskFull                                          (-529)
#define JET_errBadLogSignature                                      (-530)
#define JET_errBadDbSignature                                       (-531)
#define JET_errBadCheckpointSignature                               (-532)
#define JET_errCheckpointCorrupt                                    (-533)
#define JET_errMissingPatchPage                                     (-534)
#define JET_errBadPatchPage                                         (-535)
#define JET_errRedoAbruptEnded                                      (-536)
#define JET_errBadSLVSignature                                      (-537)
#define JET_errPatchFileMissing                                     (-538)
#define JET_errDatabaseLogSetMismatch                               (-539)
#define JET_errDatabaseStreamingFileMismatch                        (-540)
#define JET_errLogFileSizeMismatch                                  (-541)
#define JET_errCheckpointFileNotFound                               (-542)
#define JET_errRequiredLogFilesMissing                              (-543)
#define JET_errSoftRecoveryOnBackupDatabase                         (-544)
#define JET_errLogFileSizeMismatchDatabasesConsistent               (-545)
#define JET_errLogSectorSizeMismatch                                (-546)
#define JET_errLogSectorSizeMismatchDatabasesConsistent             (-547)
#define JET_errLogSequenceEndDatabasesConsistent                    (-548)
#define JET_errStreamingDataNotLogged                               (-549)
#define JET_errDatabaseDirtyShutdown                                (-550)
#define JET_errDatabaseInconsistent                                 (-550)
#define JET_errConsistentTimeMismatch                               (-551)
#define JET_errDatabasePatchFileMismatch                            (-552)
#define JET_errEndingRestoreLogTooLow                               (-553)
#define JET_errStartingRestoreLogTooHigh                            (-554)
#define JET_errGivenLogFileHasBadSignature                          (-555)
#define JET_errGivenLogFileIsNotContiguous                          (-556)
#define JET_errMissingRestoreLogFiles                               (-557)
#define JET_errMissingFullBackup                                    (-560)
#define JET_errBadBackupDatabaseSize                                (-561)
#define JET_errDatabaseAlreadyUpgraded                              (-562)
#define JET_errDatabaseIncompleteUpgrade                            (-563)
#define JET_errMissingCurrentLogFiles                               (-565)
#define JET_errDbTimeTooOld                                         (-566)
#define JET_errDbTimeTooNew                                         (-567)
#define JET_errMissingFileToBackup                                  (-569)
#define JET_errLogTornWriteDuringHardRestore                        (-570)
#define JET_errLogTornWriteDuringHardRecovery                       (-571)
#define JET_errLogCorruptDuringHardRestore                          (-573)
#define JET_errLogCorruptDuringHardRecovery                         (-574)
#define JET_errMustDisableLoggingForDbUpgrade                       (-575)
#define JET_errBadRestoreTargetInstance                             (-577)
#define JET_errRecoveredWithoutUndo                                 (-579)
#define JET_errDatabasesNotFromSameSnapshot                         (-580)
#define JET_errSoftRecoveryOnSnapshot                               (-581)
#define JET_errCommittedLogFilesMissing                             (-582)
#define JET_errSectorSizeNotSupported                               (-583)
#define JET_errRecoveredWithoutUndoDatabasesConsistent              (-584)
#define JET_errCommittedLogFileCorrupt                              (-586)
#define JET_errLogSequenceChecksumMismatch                          (-590)
#define JET_errPageInitializedMismatch                              (-596)
#define JET_errUnicodeTranslationBufferTooSmall                     (-601)
#define JET_errUnicodeTranslationFail                               (-602)
#define JET_errUnicodeNormalizationNotSupported                     (-603)
#define JET_errUnicodeLanguageValidationFailure                     (-604)
#define JET_errExistingLogFileHasBadSignature                       (-610)
#define JET_errExistingLogFileIsNotContiguous                       (-611)
#define JET_errLogReadVerifyFailure                                 (-612)
#define JET_errSLVReadVerifyFailure                                 (-613)
#define JET_errCheckpointDepthTooDeep                               (-614)
#define JET_errRestoreOfNonBackupDatabase                           (-615)
#define JET_errLogFileNotCopied                                     (-616)
#define JET_errTransactionTooLong                                   (-618)
#define JET_errEngineFormatVersionNoLongerSupportedTooLow           (-619)
#define JET_errEngineFormatVersionNotYetImplementedTooHigh          (-620)
#define JET_errEngineFormatVersionParamTooLowForRequestedFeature    (-621)
#define JET_errEngineFormatVersionSpecifiedTooLowForLogVersion      (-622)
#define JET_errEngineFormatVersionSpecifiedTooLowForDatabaseVersion (-623)
#define JET_errDbTimeBeyondMaxRequired                              (-625)
#define JET_errLogOperationInconsistentWithDatabase                 (-626)
#define JET_errBackupAbortByServer                                  (-801)
#define JET_errInvalidGrbit                                         (-900)
#define JET_errTermInProgress                                       (-1000)
#define JET_errFeatureNotAvailable                                  (-1001)
#define JET_errInvalidName                                          (-1002)
#define JET_errInvalidParameter                                     (-1003)
#define JET_errDatabaseFileReadOnly                                 (-1008)
#define JET_errInvalidDatabaseId                                    (-1010)
#define JET_errOutOfMemory                                          (-1011)
#define JET_errOutOfDatabaseSpace                                   (-1012)
#define JET_errOutOfCursors                                         (-1013)
#define JET_errOutOfBuffers                                         (-1014)
#define JET_errTooManyIndexes                                       (-1015)
#define JET_errTooManyKeys                                          (-1016)
#define JET_errRecordDeleted                                        (-1017)
#define JET_errReadVerifyFailure                                    (-1018)
#define JET_errPageNotInitialized                                   (-1019)
#define JET_errOutOfFileHandles                                     (-1020)
#define JET_errDiskReadVerificationFailure                          (-1021)
#define JET_errDiskIO                                               (-1022)
#define JET_errInvalidPath                                          (-1023)
#define JET_errInvalidSystemPath                                    (-1024)
#define JET_errInvalidLogDirectory                                  (-1025)
#define JET_errRecordTooBig                                         (-1026)
#define JET_errTooManyOpenDatabases                                 (-1027)
#define JET_errInvalidDatabase                                      (-1028)
#define JET_errNotInitialized                                       (-1029)
#define JET_errAlreadyInitialized                                   (-1030)
#define JET_errInitInProgress                                       (-1031)
#define JET_errFileAccessDenied                                     (-1032)
#define JET_errBufferTooSmall                                       (-1038)
#define JET_errTooManyColumns                                       (-1040)
#define JET_errContainerNotEmpty                                    (-1043)
#define JET_errInvalidFilename                                      (-1044)
#define JET_errInvalidBookmark                                      (-1045)
#define JET_errColumnInUse                                          (-1046)
#define JET_errInvalidBufferSize                                    (-1047)
#define JET_errColumnNotUpdatable                                   (-1048)
#define JET_errIndexInUse                                           (-1051)
#define JET_errLinkNotSupported                                     (-1052)
#define JET_errNullKeyDisallowed                                    (-1053)
#define JET_errNotInTransaction                                     (-1054)
#define JET_errMustRollback                                         (-1057)
#define JET_errTooManyActiveUsers                                   (-1059)
#define JET_errInvalidCountry                                       (-1061)
#define JET_errInvalidLanguageId                                    (-1062)
#define JET_errInvalidCodePage                                      (-1063)
#define JET_errInvalidLCMapStringFlags                              (-1064)
#define JET_errVersionStoreEntryTooBig                              (-1065)
#define JET_errVersionStoreOutOfMemoryAndCleanupTimedOut            (-1066)
#define JET_errVersionStoreOutOfMemory                              (-1069)
#define JET_errCannotIndex                                          (-1071)
#define JET_errRecordNotDeleted                                     (-1072)
#define JET_errTooManyMempoolEntries                                (-1073)
#define JET_errOutOfObjectIDs                                       (-1074)
#define JET_errOutOfLongValueIDs                                    (-1075)
#define JET_errOutOfAutoincrementValues                             (-1076)
#define JET_errOutOfDbtimeValues                                    (-1077)
#define JET_errOutOfSequentialIndexValues                           (-1078)
#define JET_errRunningInOneInstanceMode                             (-1080)
#define JET_errRunningInMultiInstanceMode                           (-1081)
#define JET_errSystemParamsAlreadySet                               (-1082)
#define JET_errSystemPathInUse                                      (-1083)
#define JET_errLogFilePathInUse                                     (-1084)
#define JET_errTempPathInUse                                        (-1085)
#define JET_errInstanceNameInUse                                    (-1086)
#define JET_errSystemParameterConflict                              (-1087)
#define JET_errInstanceUnavailable                                  (-1090)
#define JET_errDatabaseUnavailable                                  (-1091)
#define JET_errInstanceUnavailableDueToFatalLogDiskFull             (-1092)
#define JET_errInvalidSesparamId                                    (-1093)
#define JET_errTooManyRecords                                       (-1094)
#define JET_errInvalidDbparamId                                     (-1095)
#define JET_errOutOfSessions                                        (-1101)
#define JET_errWriteConflict                                        (-1102)
#define JET_errTransTooDeep                                         (-1103)
#define JET_errInvalidSesid                                         (-1104)
#define JET_errWriteConflictPrimaryIndex                            (-1105)
#define JET_errInTransaction                                        (-1108)
#define JET_errRollbackRequired                                     (-1109)
#define JET_errTransReadOnly                                        (-1110)
#define JET_errSessionWriteConflict                                 (-1111)
#define JET_errRecordTooBigForBackwardCompatibility                 (-1112)
#define JET_errCannotMaterializeForwardOnlySort                     (-1113)
#define JET_errSesidTableIdMismatch                                 (-1114)
#define JET_errInvalidInstance                                      (-1115)
#define JET_errDirtyShutdown                                        (-1116)
#define JET_errReadPgnoVerifyFailure                                (-1118)
#define JET_errReadLostFlushVerifyFailure                           (-1119)
#define JET_errFileSystemCorruption                                 (-1121)
#define JET_errRecoveryVerifyFailure                                (-1123)
#define JET_errFilteredMoveNotSupported                             (-1124)
#define JET_errDatabaseDuplicate                                    (-1201)
#define JET_errDatabaseInUse                                        (-1202)
#define JET_errDatabaseNotFound                                     (-1203)
#define JET_errDatabaseInvalidName                                  (-1204)
#define JET_errDatabaseInvalidPages                                 (-1205)
#define JET_errDatabaseCorrupted                                    (-1206)
#define JET_errDatabaseLocked                                       (-1207)
#define JET_errCannotDisableVersioning                              (-1208)
#define JET_errInvalidDatabaseVersion                               (-1209)
#define JET_errDatabase200Format                                    (-1210)
#define JET_errDatabase400Format                                    (-1211)
#define JET_errDatabase500Format                                    (-1212)
#define JET_errPageSizeMismatch                                     (-1213)
#define JET_errTooManyInstances                                     (-1214)
#define JET_errDatabaseSharingViolation                             (-1215)
#define JET_errAttachedDatabaseMismatch                             (-1216)
#define JET_errDatabaseInvalidPath                                  (-1217)
#define JET_errDatabaseIdInUse                                      (-1218)
#define JET_errForceDetachNotAllowed                                (-1219)
#define JET_errCatalogCorrupted                                     (-1220)
#define JET_errPartiallyAttachedDB                                  (-1221)
#define JET_errDatabaseSignInUse                                    (-1222)
#define JET_errDatabaseCorruptedNoRepair                            (-1224)
#define JET_errInvalidCreateDbVersion                               (-1225)
#define JET_errDatabaseNotReady                                     (-1230)
#define JET_errDatabaseAttachedForRecovery                          (-1231)
#define JET_errTransactionsNotReadyDuringRecovery                   (-1232)
#define JET_errTableLocked                                          (-1302)
#define JET_errTableDuplicate                                       (-1303)
#define JET_errTableInUse                                           (-1304)
#define JET_errObjectNotFound                                       (-1305)
#define JET_errDensityInvalid                                       (-1307)
#define JET_errTableNotEmpty                                        (-1308)
#define JET_errInvalidTableId                                       (-1310)
#define JET_errTooManyOpenTables                                    (-1311)
#define JET_errIllegalOperation                                     (-1312)
#define JET_errTooManyOpenTablesAndCleanupTimedOut                  (-1313)
#define JET_errObjectDuplicate                                      (-1314)
#define JET_errInvalidObject                                        (-1316)
#define JET_errCannotDeleteTempTable                                (-1317)
#define JET_errCannotDeleteSystemTable                              (-1318)
#define JET_errCannotDeleteTemplateTable                            (-1319)
#define JET_errExclusiveTableLockRequired                           (-1322)
#define JET_errFixedDDL                                             (-1323)
#define JET_errFixedInheritedDDL                                    (-1324)
#define JET_errCannotNestDDL                                        (-1325)
#define JET_errDDLNotInheritable                                    (-1326)
#define JET_errInvalidSettings                                      (-1328)
#define JET_errClientRequestToStopJetService                        (-1329)
#define JET_errCannotAddFixedVarColumnToDerivedTable                (-1330)
#define JET_errIndexCantBuild                                       (-1401)
#define JET_errIndexHasPrimary                                      (-1402)
#define JET_errIndexDuplicate                                       (-1403)
#define JET_errIndexNotFound                                        (-1404)
#define JET_errIndexMustStay                                        (-1405)
#define JET_errIndexInvalidDef                                      (-1406)
#define JET_errInvalidCreateIndex                                   (-1409)
#define JET_errTooManyOpenIndexes                                   (-1410)
#define JET_errMultiValuedIndexViolation                            (-1411)
#define JET_errIndexBuildCorrupted                                  (-1412)
#define JET_errPrimaryIndexCorrupted                                (-1413)
#define JET_errSecondaryIndexCorrupted                              (-1414)
#define JET_errInvalidIndexId                                       (-1416)
#define JET_errIndexTuplesSecondaryIndexOnly                        (-1430)
#define JET_errIndexTuplesOneColumnOnly                             (-1431)
#define JET_errIndexTuplesTooManyColumns                            (-1431)
#define JET_errIndexTuplesNonUniqueOnly                             (-1432)
#define JET_errIndexTuplesTextBinaryColumnsOnly                     (-1433)
#define JET_errIndexTuplesTextColumnsOnly                           (-1433)
#define JET_errIndexTuplesVarSegMacNotAllowed                       (-1434)
#define JET_errIndexTuplesInvalidLimits                             (-1435)
#define JET_errIndexTuplesCannotRetrieveFromIndex                   (-1436)
#define JET_errIndexTuplesKeyTooSmall                               (-1437)
#define JET_errInvalidLVChunkSize                                   (-1438)
#define JET_errColumnCannotBeEncrypted                              (-1439)
#define JET_errCannotIndexOnEncryptedColumn                         (-1440)
#define JET_errColumnLong                                           (-1501)
#define JET_errColumnNoChunk                                        (-1502)
#define JET_errColumnDoesNotFit                                     (-1503)
#define JET_errColumnIllegalNull                                    (-1504)
#define JET_errNullInvalid                                          (-1504)
#define JET_errColumnIndexed                                        (-1505)
#define JET_errColumnTooBig                                         (-1506)
#define JET_errColumnNotFound                                       (-1507)
#define JET_errColumnDuplicate                                      (-1508)
#define JET_errMultiValuedColumnMustBeTagged                        (-1509)
#define JET_errColumnRedundant                                      (-1510)
#define JET_errInvalidColumnType                                    (-1511)
#define JET_errTaggedNotNULL                                        (-1514)
#define JET_errNoCurrentIndex                                       (-1515)
#define JET_errKeyIsMade                                            (-1516)
#define JET_errBadColumnId                                          (-1517)
#define JET_errBadItagSequence                                      (-1518)
#define JET_errColumnInRelationship                                 (-1519)
#define JET_errCannotBeTagged                                       (-1521)
#define JET_errDefaultValueTooBig                                   (-1524)
#define JET_errMultiValuedDuplicate                                 (-1525)
#define JET_errLVCorrupted                                          (-1526)
#define JET_errMultiValuedDuplicateAfterTruncation                  (-1528)
#define JET_errDerivedColumnCorruption                              (-1529)
#define JET_errInvalidPlaceholderColumn                             (-1530)
#define JET_errColumnCannotBeCompressed                             (-1538)
#define JET_errColumnNoEncryptionKey                                (-1540)
#define JET_errRecordNotFound                                       (-1601)
#define JET_errRecordNoCopy                                         (-1602)
#define JET_errNoCurrentRecord                                      (-1603)
#define JET_errRecordPrimaryChanged                                 (-1604)
#define JET_errKeyDuplicate                                         (-1605)
#define JET_errAlreadyPrepared                                      (-1607)
#define JET_errKeyNotMade                                           (-1608)
#define JET_errUpdateNotPrepared                                    (-1609)
#define JET_errDataHasChanged                                       (-1611)
#define JET_errLanguageNotSupported                                 (-1619)
#define JET_errDecompressionFailed                                  (-1620)
#define JET_errUpdateMustVersion                                    (-1621)
#define JET_errDecryptionFailed                                     (-1622)
#define JET_errEncryptionBadItag                                    (-1623)
#define JET_errSetAutoIncrementTooHigh                              (-1624)
#define JET_errAutoIncrementNotSet                                  (-1625)
#define JET_errTooManySorts                                         (-1701)
#define JET_errInvalidOnSort                                        (-1702)
#define JET_errTempFileOpenError                                    (-1803)
#define JET_errTooManyAttachedDatabases                             (-1805)
#define JET_errDiskFull                                             (-1808)
#define JET_errPermissionDenied                                     (-1809)
#define JET_errFileNotFound                                         (-1811)
#define JET_errFileInvalidType                                      (-1812)
#define JET_errFileAlreadyExists                                    (-1814)
#define JET_errAfterInitialization                                  (-1850)
#define JET_errLogCorrupted                                         (-1852)
#define JET_errInvalidOperation                                     (-1906)
#define JET_errAccessDenied                                         (-1907)
#define JET_errTooManySplits                                        (-1909)
#define JET_errSessionSharingViolation                              (-1910)
#define JET_errEntryPointNotFound                                   (-1911)
#define JET_errSessionContextAlreadySet                             (-1912)
#define JET_errSessionContextNotSetByThisThread                     (-1913)
#define JET_errSessionInUse                                         (-1914)
#define JET_errRecordFormatConversionFailed                         (-1915)
#define JET_errOneDatabasePerSession                                (-1916)
#define JET_errRollbackError                                        (-1917)
#define JET_errFlushMapVersionUnsupported                           (-1918)
#define JET_errFlushMapDatabaseMismatch                             (-1919)
#define JET_errFlushMapUnrecoverable                                (-1920)
#define JET_errDatabaseAlreadyRunningMaintenance                    (-2004)
#define JET_errCallbackFailed                                       (-2101)
#define JET_errCallbackNotResolved                                  (-2102)
#define JET_errSpaceHintsInvalid                                    (-2103)
#define JET_errOSSnapshotInvalidSequence                            (-2401)
#define JET_errOSSnapshotTimeOut                                    (-2402)
#define JET_errOSSnapshotNotAllowed                                 (-2403)
#define JET_errOSSnapshotInvalidSnapId                              (-2404)
#define JET_errLSCallbackNotSpecified                               (-3000)
#define JET_errLSAlreadySet                                         (-3001)
#define JET_errLSNotSet                                             (-3002)
#define JET_errFileIOSparse                                         (-4000)
#define JET_errFileIOBeyondEOF                                      (-4001)
#define JET_errFileIOAbort                                          (-4002)
#define JET_errFileIORetry                                          (-4003)
#define JET_errFileIOFail                                           (-4004)
#define JET_errFileCompressed                                       (-4005)
#define JET_errClientSpaceBegin                                     (-10000)
#define JET_errClientSpaceEnd                                       (-11999)
#define JET_wrnRemainingVersions                                    321
#define JET_wrnUniqueKey                                            345
#define JET_wrnSeparateLongValue                                    406
#define JET_wrnExistingLogFileHasBadSignature                       558
#define JET_wrnExistingLogFileIsNotContiguous                       559
#define JET_wrnSkipThisRecord                                       564
#define JET_wrnTargetInstanceRunning                                578
#define JET_wrnCommittedLogFilesLost                                585
#define JET_wrnCommittedLogFilesRemoved                             587
#define JET_wrnFinishWithUndo                                       588
#define JET_wrnDatabaseRepaired                                     595
#define JET_wrnColumnNull                                           1004
#define JET_wrnBufferTruncated                                      1006
#define JET_wrnDatabaseAttached                                     1007
#define JET_wrnSortOverflow                                         1009
#define JET_wrnRecordFoundGreater                                   1039
#define JET_wrnRecordFoundLess                                      1039
#define JET_wrnSeekNotEqual                                         1039
#define JET_wrnNoErrorInfo                                          1055
#define JET_wrnNoIdleActivity                                       1058
#define JET_wrnNoWriteLock                                          1067
#define JET_wrnColumnSetNull                                        1068
#define JET_wrnShrinkNotPossible                                    1122
#define JET_wrnTableEmpty                                           1301
#define JET_wrnTableInUseBySystem                                   1327
#define JET_wrnCorruptIndexDeleted                                  1415
#define JET_wrnPrimaryIndexOutOfDate                                1417
#define JET_wrnSecondaryIndexOutOfDate                              1418
#define JET_wrnColumnMaxTruncated                                   1512
#define JET_wrnCopyLongValue                                        1520
#define JET_wrnColumnSkipped                                        1531
#define JET_wrnColumnNotLocal                                       1532
#define JET_wrnColumnMoreTags                                       1533
#define JET_wrnColumnTruncated                                      1534
#define JET_wrnColumnPresent                                        1535
#define JET_wrnColumnSingleValue                                    1536
#define JET_wrnColumnDefault                                        1537
#define JET_wrnColumnNotInRecord                                    1539
#define JET_wrnColumnReference                                      1541
#define JET_wrnDataHasChanged                                       1610
#define JET_wrnKeyChanged                                           1618
#define JET_wrnFileOpenReadOnly                                     1813
#define JET_wrnIdleFull                                             1908
#define JET_wrnDefragAlreadyRunning                                 2000
#define JET_wrnDefragNotRunning                                     2001
#define JET_wrnCallbackNotRegistered                                2100

/* ----------------------------------------------------------------------------------------------
 * Functions
 * -------------------------------------------------------------------------------------------- */

/* Where three declarations follow each other they are one function: the plain export, A and W. An
 * ELF library that defines them exports them, whatever its default visibility. */
#ifndef _WIN32
#pragma GCC visibility push(default)
#endif

/* Engine and instances. An instance is created, given its parameters, initialized, terminated.
 * JetSetSystemParameter with a NULL or nil instance sets the default of later instances; in the
 * legacy mode, which lasts as long as no function for several instances is used, there is one
 * instance and it need not be named. JetTerm frees the instance even when it was never
 * initialized. */
JET_ERR JET_API JetSetSystemParameter(JET_INSTANCE *pinstance, JET_SESID sesid, JET_ULONG paramid,
                                      JET_API_PTR lParam, JET_PCSTR szParam);
JET_ERR JET_API JetSetSystemParameterA(JET_INSTANCE *pinstance, JET_SESID sesid, JET_ULONG paramid,
                                       JET_API_PTR lParam, JET_PCSTR szParam);
JET_ERR JET_API JetSetSystemParameterW(JET_INSTANCE *pinstance, JET_SESID sesid, JET_ULONG paramid,
                                       JET_API_PTR lParam, JET_PCWSTR szParam);
JET_ERR JET_API JetGetSystemParameter(JET_INSTANCE instance, JET_SESID sesid, JET_ULONG paramid,
                                      JET_API_PTR *plParam, JET_PSTR szParam, JET_ULONG cbMax);
JET_ERR JET_API JetGetSystemParameterA(JET_INSTANCE instance, JET_SESID sesid, JET_ULONG paramid,
                                       JET_API_PTR *plParam, JET_PSTR szParam, JET_ULONG cbMax);
JET_ERR JET_API JetGetSystemParameterW(JET_INSTANCE instance, JET_SESID sesid, JET_ULONG paramid,
                                       JET_API_PTR *plParam, JET_PWSTR szParam, JET_ULONG cbMax);
JET_ERR JET_API JetInit(JET_INSTANCE *pinstance);
JET_ERR JET_API JetTerm(JET_INSTANCE instance);
JET_ERR JET_API JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetEnableMultiInstance(JET_SETSYSPARAM_A *psetsysparam, JET_ULONG csetsysparam,
                                       JET_ULONG *pcsetsucceed);
JET_ERR JET_API JetEnableMultiInstanceA(JET_SETSYSPARAM_A *psetsysparam, JET_ULONG csetsysparam,
                                        JET_ULONG *pcsetsucceed);
JET_ERR JET_API JetEnableMultiInstanceW(JET_SETSYSPARAM_W *psetsysparam, JET_ULONG csetsysparam,
                                        JET_ULONG *pcsetsucceed);
JET_ERR JET_API JetCreateInstance(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName);
JET_ERR JET_API JetCreateInstanceA(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName);
JET_ERR JET_API JetCreateInstanceW(JET_INSTANCE *pinstance, JET_PCWSTR szInstanceName);
JET_ERR JET_API JetCreateInstance2(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName,
                                   JET_PCSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JET_API JetCreateInstance2A(JET_INSTANCE *pinstance, JET_PCSTR szInstanceName,
                                    JET_PCSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JET_API JetCreateInstance2W(JET_INSTANCE *pinstance, JET_PCWSTR szInstanceName,
                                    JET_PCWSTR szDisplayName, JET_GRBIT grbit);
JET_ERR JET_API JetInit2(JET_INSTANCE *pinstance, JET_GRBIT grbit);
JET_ERR JET_API JetGetInstanceInfo(JET_ULONG *pcInstanceInfo, JET_INSTANCE_INFO_A **paInstanceInfo);
JET_ERR JET_API JetGetInstanceInfoA(JET_ULONG *pcInstanceInfo,
                                    JET_INSTANCE_INFO_A **paInstanceInfo);
JET_ERR JET_API JetGetInstanceInfoW(JET_ULONG *pcInstanceInfo,
                                    JET_INSTANCE_INFO_W **paInstanceInfo);
JET_ERR JET_API JetFreeBuffer(char *pbBuf);
#endif
#if JET_VERSION >= 0x0600
JET_ERR JET_API JetInit3(JET_INSTANCE *pinstance, JET_RSTINFO_A *prstInfo, JET_GRBIT grbit);
JET_ERR JET_API JetInit3A(JET_INSTANCE *pinstance, JET_RSTINFO_A *prstInfo, JET_GRBIT grbit);
JET_ERR JET_API JetInit3W(JET_INSTANCE *pinstance, JET_RSTINFO_W *prstInfo, JET_GRBIT grbit);
JET_ERR JET_API JetGetInstanceMiscInfo(JET_INSTANCE instance, void *pvResult, JET_ULONG cbMax,
                                       JET_ULONG InfoLevel);
JET_ERR JET_API JetGetThreadStats(void *pvResult, JET_ULONG cbMax);
#endif
#if JET_VERSION >= 0x0601
JET_ERR JET_API JetConfigureProcessForCrashDump(JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetGetErrorInfoW(void *pvContext, void *pvResult, JET_ULONG cbMax,
                                 JET_ULONG InfoLevel, JET_GRBIT grbit);
#endif

/* Stopping. A stopped instance refuses new work and lets what runs finish or fail, so that
 * JetTerm need not wait for it; it cannot be restarted except where JET_bitStopServiceResume is
 * documented to. JetStopBackup ends a backup in progress and nothing else. All may be called
 * from any thread. */
JET_ERR JET_API JetStopService(void);
JET_ERR JET_API JetStopBackup(void);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetStopServiceInstance(JET_INSTANCE instance);
JET_ERR JET_API JetStopBackupInstance(JET_INSTANCE instance);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetStopServiceInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
#endif

/* Sessions. Ending one rolls an open transaction back and closes its cursors and databases. */
JET_ERR JET_API JetBeginSession(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                                JET_PCSTR szPassword);
JET_ERR JET_API JetBeginSessionA(JET_INSTANCE instance, JET_SESID *psesid, JET_PCSTR szUserName,
                                 JET_PCSTR szPassword);
JET_ERR JET_API JetBeginSessionW(JET_INSTANCE instance, JET_SESID *psesid, JET_PCWSTR szUserName,
                                 JET_PCWSTR szPassword);
JET_ERR JET_API JetDupSession(JET_SESID sesid, JET_SESID *psesid);
JET_ERR JET_API JetEndSession(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JET_API JetGetVersion(JET_SESID sesid, JET_ULONG *pwVersion);
JET_ERR JET_API JetIdle(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JET_API JetSetSessionContext(JET_SESID sesid, JET_API_PTR ulContext);
JET_ERR JET_API JetResetSessionContext(JET_SESID sesid);
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetSetSessionParameter(JET_SESID sesid, JET_ULONG sesparamid, void *pvParam,
                                       JET_ULONG cbParam);
JET_ERR JET_API JetGetSessionParameter(JET_SESID sesid, JET_ULONG sesparamid, void *pvParam,
                                       JET_ULONG cbParamMax, JET_ULONG *pcbParamActual);
#endif

/* Transactions. They nest; only the outermost commit reaches the log. cmsecDurableCommit is in
 * milliseconds. */
JET_ERR JET_API JetBeginTransaction(JET_SESID sesid);
JET_ERR JET_API JetBeginTransaction2(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JET_API JetCommitTransaction(JET_SESID sesid, JET_GRBIT grbit);
JET_ERR JET_API JetRollback(JET_SESID sesid, JET_GRBIT grbit);
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetBeginTransaction3(JET_SESID sesid, long long trxid, JET_GRBIT grbit);
JET_ERR JET_API JetCommitTransaction2(JET_SESID sesid, JET_GRBIT grbit,
                                      JET_ULONG cmsecDurableCommit, JET_COMMIT_ID *pCommitId);
#endif

/* Databases. Attached per instance, opened per session. Sizes are database pages. */
JET_ERR JET_API JetCreateDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                                  JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCreateDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                                   JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCreateDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_PCWSTR szConnect,
                                   JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCreateDatabase2(JET_SESID sesid, JET_PCSTR szFilename,
                                   JET_ULONG cpgDatabaseSizeMax, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCreateDatabase2A(JET_SESID sesid, JET_PCSTR szFilename,
                                    JET_ULONG cpgDatabaseSizeMax, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCreateDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename,
                                    JET_ULONG cpgDatabaseSizeMax, JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabase2(JET_SESID sesid, JET_PCSTR szFilename,
                                   JET_ULONG cpgDatabaseSizeMax, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabase2A(JET_SESID sesid, JET_PCSTR szFilename,
                                    JET_ULONG cpgDatabaseSizeMax, JET_GRBIT grbit);
JET_ERR JET_API JetAttachDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename,
                                    JET_ULONG cpgDatabaseSizeMax, JET_GRBIT grbit);
JET_ERR JET_API JetDetachDatabase(JET_SESID sesid, JET_PCSTR szFilename);
JET_ERR JET_API JetDetachDatabaseA(JET_SESID sesid, JET_PCSTR szFilename);
JET_ERR JET_API JetDetachDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename);
JET_ERR JET_API JetOpenDatabase(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                                JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetOpenDatabaseA(JET_SESID sesid, JET_PCSTR szFilename, JET_PCSTR szConnect,
                                 JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetOpenDatabaseW(JET_SESID sesid, JET_PCWSTR szFilename, JET_PCWSTR szConnect,
                                 JET_DBID *pdbid, JET_GRBIT grbit);
JET_ERR JET_API JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit);
JET_ERR JET_API JetGetDatabaseInfo(JET_SESID sesid, JET_DBID dbid, void *pvResult, JET_ULONG cbMax,
                                   JET_ULONG InfoLevel);
JET_ERR JET_API JetGetDatabaseInfoA(JET_SESID sesid, JET_DBID dbid, void *pvResult, JET_ULONG cbMax,
                                    JET_ULONG InfoLevel);
JET_ERR JET_API JetGetDatabaseInfoW(JET_SESID sesid, JET_DBID dbid, void *pvResult, JET_ULONG cbMax,
                                    JET_ULONG InfoLevel);
JET_ERR JET_API JetGetDatabaseFileInfo(JET_PCSTR szDatabaseName, void *pvResult, JET_ULONG cbMax,
                                       JET_ULONG InfoLevel);
JET_ERR JET_API JetGetDatabaseFileInfoA(JET_PCSTR szDatabaseName, void *pvResult, JET_ULONG cbMax,
                                        JET_ULONG InfoLevel);
JET_ERR JET_API JetGetDatabaseFileInfoW(JET_PCWSTR szDatabaseName, void *pvResult, JET_ULONG cbMax,
                                        JET_ULONG InfoLevel);
JET_ERR JET_API JetSetDatabaseSize(JET_SESID sesid, JET_PCSTR szDatabaseName, JET_ULONG cpg,
                                   JET_ULONG *pcpgReal);
JET_ERR JET_API JetSetDatabaseSizeA(JET_SESID sesid, JET_PCSTR szDatabaseName, JET_ULONG cpg,
                                    JET_ULONG *pcpgReal);
JET_ERR JET_API JetSetDatabaseSizeW(JET_SESID sesid, JET_PCWSTR szDatabaseName, JET_ULONG cpg,
                                    JET_ULONG *pcpgReal);
JET_ERR JET_API JetGrowDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG cpg, JET_ULONG *pcpgReal);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetDetachDatabase2(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JET_API JetDetachDatabase2A(JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit);
JET_ERR JET_API JetDetachDatabase2W(JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetResizeDatabase(JET_SESID sesid, JET_DBID dbid, JET_ULONG cpgTarget,
                                  JET_ULONG *pcpgActual, JET_GRBIT grbit);
#endif

/* Schema. Tables, columns and indexes; a table that was created is open exclusively for its
 * creator. In JetGetColumnInfo pColumnNameOrId points to a JET_COLUMNID at the levels that ask
 * by identifier. */
JET_ERR JET_API JetCreateTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                               JET_ULONG lPages, JET_ULONG lDensity, JET_TABLEID *ptableid);
JET_ERR JET_API JetCreateTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                JET_ULONG lPages, JET_ULONG lDensity, JET_TABLEID *ptableid);
JET_ERR JET_API JetCreateTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                                JET_ULONG lPages, JET_ULONG lDensity, JET_TABLEID *ptableid);
JET_ERR JET_API JetCreateTableColumnIndex(JET_SESID sesid, JET_DBID dbid,
                                          JET_TABLECREATE_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndexA(JET_SESID sesid, JET_DBID dbid,
                                           JET_TABLECREATE_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndexW(JET_SESID sesid, JET_DBID dbid,
                                           JET_TABLECREATE_W *ptablecreate);
JET_ERR JET_API JetDeleteTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName);
JET_ERR JET_API JetDeleteTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName);
JET_ERR JET_API JetDeleteTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName);
JET_ERR JET_API JetRenameTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName,
                               JET_PCSTR szNameNew);
JET_ERR JET_API JetRenameTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szName,
                                JET_PCSTR szNameNew);
JET_ERR JET_API JetRenameTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szName,
                                JET_PCWSTR szNameNew);
JET_ERR JET_API JetAddColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                             const JET_COLUMNDEF *pcolumndef, const void *pvDefault,
                             JET_ULONG cbDefault, JET_COLUMNID *pcolumnid);
JET_ERR JET_API JetAddColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                              const JET_COLUMNDEF *pcolumndef, const void *pvDefault,
                              JET_ULONG cbDefault, JET_COLUMNID *pcolumnid);
JET_ERR JET_API JetAddColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName,
                              const JET_COLUMNDEF *pcolumndef, const void *pvDefault,
                              JET_ULONG cbDefault, JET_COLUMNID *pcolumnid);
JET_ERR JET_API JetDeleteColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName);
JET_ERR JET_API JetDeleteColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName);
JET_ERR JET_API JetDeleteColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName);
JET_ERR JET_API JetSetColumnDefaultValue(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                         JET_PCSTR szColumnName, const void *pvData,
                                         JET_ULONG cbData, JET_GRBIT grbit);
JET_ERR JET_API JetSetColumnDefaultValueA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                          JET_PCSTR szColumnName, const void *pvData,
                                          JET_ULONG cbData, JET_GRBIT grbit);
JET_ERR JET_API JetSetColumnDefaultValueW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                                          JET_PCWSTR szColumnName, const void *pvData,
                                          JET_ULONG cbData, JET_GRBIT grbit);
JET_ERR JET_API JetCreateIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                               JET_GRBIT grbit, JET_PCSTR szKey, JET_ULONG cbKey,
                               JET_ULONG lDensity);
JET_ERR JET_API JetCreateIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                JET_GRBIT grbit, JET_PCSTR szKey, JET_ULONG cbKey,
                                JET_ULONG lDensity);
JET_ERR JET_API JetCreateIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName,
                                JET_GRBIT grbit, JET_PCWSTR szKey, JET_ULONG cbKey,
                                JET_ULONG lDensity);
JET_ERR JET_API JetCreateIndex2(JET_SESID sesid, JET_TABLEID tableid,
                                JET_INDEXCREATE_A *pindexcreate, JET_ULONG cIndexCreate);
JET_ERR JET_API JetCreateIndex2A(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE_A *pindexcreate, JET_ULONG cIndexCreate);
JET_ERR JET_API JetCreateIndex2W(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE_W *pindexcreate, JET_ULONG cIndexCreate);
JET_ERR JET_API JetDeleteIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JET_API JetDeleteIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JET_API JetDeleteIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName);
JET_ERR JET_API JetGetObjectInfo(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp,
                                 JET_PCSTR szContainerName, JET_PCSTR szObjectName, void *pvResult,
                                 JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetObjectInfoA(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp,
                                  JET_PCSTR szContainerName, JET_PCSTR szObjectName, void *pvResult,
                                  JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetObjectInfoW(JET_SESID sesid, JET_DBID dbid, JET_OBJTYP objtyp,
                                  JET_PCWSTR szContainerName, JET_PCWSTR szObjectName,
                                  void *pvResult, JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableInfo(JET_SESID sesid, JET_TABLEID tableid, void *pvResult,
                                JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableInfoA(JET_SESID sesid, JET_TABLEID tableid, void *pvResult,
                                 JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableInfoW(JET_SESID sesid, JET_TABLEID tableid, void *pvResult,
                                 JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetColumnInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                 JET_PCSTR pColumnNameOrId, void *pvResult, JET_ULONG cbMax,
                                 JET_ULONG InfoLevel);
JET_ERR JET_API JetGetColumnInfoA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                  JET_PCSTR pColumnNameOrId, void *pvResult, JET_ULONG cbMax,
                                  JET_ULONG InfoLevel);
JET_ERR JET_API JetGetColumnInfoW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                                  JET_PCWSTR pColumnNameOrId, void *pvResult, JET_ULONG cbMax,
                                  JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableColumnInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                                      void *pvResult, JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableColumnInfoA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                                       void *pvResult, JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableColumnInfoW(JET_SESID sesid, JET_TABLEID tableid,
                                       JET_PCWSTR szColumnName, void *pvResult, JET_ULONG cbMax,
                                       JET_ULONG InfoLevel);
JET_ERR JET_API JetGetIndexInfo(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                JET_PCSTR szIndexName, void *pvResult, JET_ULONG cbResult,
                                JET_ULONG InfoLevel);
JET_ERR JET_API JetGetIndexInfoA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                 JET_PCSTR szIndexName, void *pvResult, JET_ULONG cbResult,
                                 JET_ULONG InfoLevel);
JET_ERR JET_API JetGetIndexInfoW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                                 JET_PCWSTR szIndexName, void *pvResult, JET_ULONG cbResult,
                                 JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableIndexInfo(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                     void *pvResult, JET_ULONG cbResult, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableIndexInfoA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                      void *pvResult, JET_ULONG cbResult, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetTableIndexInfoW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName,
                                      void *pvResult, JET_ULONG cbResult, JET_ULONG InfoLevel);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetCreateTableColumnIndex2(JET_SESID sesid, JET_DBID dbid,
                                           JET_TABLECREATE2_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndex2A(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE2_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndex2W(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE2_W *ptablecreate);
JET_ERR JET_API JetDeleteColumn2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                                 JET_GRBIT grbit);
JET_ERR JET_API JetDeleteColumn2A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szColumnName,
                                  JET_GRBIT grbit);
JET_ERR JET_API JetDeleteColumn2W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szColumnName,
                                  JET_GRBIT grbit);
JET_ERR JET_API JetRenameColumn(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName,
                                JET_PCSTR szNameNew, JET_GRBIT grbit);
JET_ERR JET_API JetRenameColumnA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szName,
                                 JET_PCSTR szNameNew, JET_GRBIT grbit);
JET_ERR JET_API JetRenameColumnW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szName,
                                 JET_PCWSTR szNameNew, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0601
JET_ERR JET_API JetCreateTableColumnIndex3A(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE3_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndex3W(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE3_W *ptablecreate);
JET_ERR JET_API JetCreateIndex3A(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE2_A *pindexcreate, JET_ULONG cIndexCreate);
JET_ERR JET_API JetCreateIndex3W(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE2_W *pindexcreate, JET_ULONG cIndexCreate);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetCreateTableColumnIndex4A(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE4_A *ptablecreate);
JET_ERR JET_API JetCreateTableColumnIndex4W(JET_SESID sesid, JET_DBID dbid,
                                            JET_TABLECREATE4_W *ptablecreate);
JET_ERR JET_API JetCreateIndex4A(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE3_A *pindexcreate, JET_ULONG cIndexCreate);
JET_ERR JET_API JetCreateIndex4W(JET_SESID sesid, JET_TABLEID tableid,
                                 JET_INDEXCREATE3_W *pindexcreate, JET_ULONG cIndexCreate);
#endif

/* Cursors. A table identifier is a cursor: a position in the current index of one table. A cursor
 * on a temporary table is the table: closing it drops the table. */
JET_ERR JET_API JetOpenTable(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                             const void *pvParameters, JET_ULONG cbParameters, JET_GRBIT grbit,
                             JET_TABLEID *ptableid);
JET_ERR JET_API JetOpenTableA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                              const void *pvParameters, JET_ULONG cbParameters, JET_GRBIT grbit,
                              JET_TABLEID *ptableid);
JET_ERR JET_API JetOpenTableW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                              const void *pvParameters, JET_ULONG cbParameters, JET_GRBIT grbit,
                              JET_TABLEID *ptableid);
JET_ERR JET_API JetDupCursor(JET_SESID sesid, JET_TABLEID tableid, JET_TABLEID *ptableid,
                             JET_GRBIT grbit);
JET_ERR JET_API JetCloseTable(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR JET_API JetGetCursorInfo(JET_SESID sesid, JET_TABLEID tableid, void *pvResult,
                                 JET_ULONG cbMax, JET_ULONG InfoLevel);
JET_ERR JET_API JetGetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName,
                                   JET_ULONG cbIndexName);
JET_ERR JET_API JetGetCurrentIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PSTR szIndexName,
                                    JET_ULONG cbIndexName);
JET_ERR JET_API JetGetCurrentIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PWSTR szIndexName,
                                    JET_ULONG cbIndexName);
JET_ERR JET_API JetSetCurrentIndex(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JET_API JetSetCurrentIndexA(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName);
JET_ERR JET_API JetSetCurrentIndexW(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName);
JET_ERR JET_API JetSetCurrentIndex2(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                    JET_GRBIT grbit);
JET_ERR JET_API JetSetCurrentIndex2A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                     JET_GRBIT grbit);
JET_ERR JET_API JetSetCurrentIndex2W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName,
                                     JET_GRBIT grbit);
JET_ERR JET_API JetSetCurrentIndex3(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                    JET_GRBIT grbit, JET_ULONG itagSequence);
JET_ERR JET_API JetSetCurrentIndex3A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                     JET_GRBIT grbit, JET_ULONG itagSequence);
JET_ERR JET_API JetSetCurrentIndex3W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName,
                                     JET_GRBIT grbit, JET_ULONG itagSequence);
JET_ERR JET_API JetSetCurrentIndex4(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                    JET_INDEXID *pindexid, JET_GRBIT grbit, JET_ULONG itagSequence);
JET_ERR JET_API JetSetCurrentIndex4A(JET_SESID sesid, JET_TABLEID tableid, JET_PCSTR szIndexName,
                                     JET_INDEXID *pindexid, JET_GRBIT grbit,
                                     JET_ULONG itagSequence);
JET_ERR JET_API JetSetCurrentIndex4W(JET_SESID sesid, JET_TABLEID tableid, JET_PCWSTR szIndexName,
                                     JET_INDEXID *pindexid, JET_GRBIT grbit,
                                     JET_ULONG itagSequence);
JET_ERR JET_API JetOpenTempTable(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef,
                                 JET_ULONG ccolumn, JET_GRBIT grbit, JET_TABLEID *ptableid,
                                 JET_COLUMNID *prgcolumnid);
JET_ERR JET_API JetOpenTempTable2(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef,
                                  JET_ULONG ccolumn, JET_ULONG lcid, JET_GRBIT grbit,
                                  JET_TABLEID *ptableid, JET_COLUMNID *prgcolumnid);
JET_ERR JET_API JetOpenTempTable3(JET_SESID sesid, const JET_COLUMNDEF *prgcolumndef,
                                  JET_ULONG ccolumn, JET_UNICODEINDEX *pidxunicode, JET_GRBIT grbit,
                                  JET_TABLEID *ptableid, JET_COLUMNID *prgcolumnid);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetSetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR JET_API JetResetTableSequential(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0600
JET_ERR JET_API JetOpenTemporaryTable(JET_SESID sesid, JET_OPENTEMPORARYTABLE *popentemporarytable);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetOpenTemporaryTable2(JET_SESID sesid,
                                       JET_OPENTEMPORARYTABLE2 *popentemporarytable);
#endif

/* Moving and searching. A search key is made with JetMakeKey, one call per key column, and
 * belongs to the cursor. Bookmarks and keys are opaque bytes; pcbActual is the size needed even
 * when the buffer was too small. */
JET_ERR JET_API JetMove(JET_SESID sesid, JET_TABLEID tableid, JET_LONG cRow, JET_GRBIT grbit);
JET_ERR JET_API JetMakeKey(JET_SESID sesid, JET_TABLEID tableid, const void *pvData,
                           JET_ULONG cbData, JET_GRBIT grbit);
JET_ERR JET_API JetRetrieveKey(JET_SESID sesid, JET_TABLEID tableid, void *pvKey, JET_ULONG cbMax,
                               JET_ULONG *pcbActual, JET_GRBIT grbit);
JET_ERR JET_API JetSeek(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
JET_ERR JET_API JetSetIndexRange(JET_SESID sesid, JET_TABLEID tableidSrc, JET_GRBIT grbit);
JET_ERR JET_API JetGetBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                               JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGotoBookmark(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                                JET_ULONG cbBookmark);
JET_ERR JET_API JetGetRecordPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos,
                                     JET_ULONG cbRecpos);
JET_ERR JET_API JetGotoPosition(JET_SESID sesid, JET_TABLEID tableid, JET_RECPOS *precpos);
JET_ERR JET_API JetIndexRecordCount(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG *pcrec,
                                    JET_ULONG crecMax);
JET_ERR JET_API JetIntersectIndexes(JET_SESID sesid, JET_INDEXRANGE *rgindexrange,
                                    JET_ULONG cindexrange, JET_RECORDLIST *precordlist,
                                    JET_GRBIT grbit);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetGetSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid,
                                             void *pvSecondaryKey, JET_ULONG cbSecondaryKeyMax,
                                             JET_ULONG *pcbSecondaryKeyActual,
                                             void *pvPrimaryBookmark,
                                             JET_ULONG cbPrimaryBookmarkMax,
                                             JET_ULONG *pcbPrimaryBookmarkActual, JET_GRBIT grbit);
JET_ERR JET_API JetGotoSecondaryIndexBookmark(JET_SESID sesid, JET_TABLEID tableid,
                                              void *pvSecondaryKey, JET_ULONG cbSecondaryKey,
                                              void *pvPrimaryBookmark, JET_ULONG cbPrimaryBookmark,
                                              JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0601
JET_ERR JET_API JetPrereadKeys(JET_SESID sesid, JET_TABLEID tableid, const void **rgpvKeys,
                               const JET_ULONG *rgcbKeys, JET_LONG ckeys, JET_LONG *pckeysPreread,
                               JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0602
JET_ERR JET_API JetSetCursorFilter(JET_SESID sesid, JET_TABLEID tableid,
                                   JET_INDEX_COLUMN *rgColumnFilters, JET_ULONG cColumnFilters,
                                   JET_GRBIT grbit);
JET_ERR JET_API JetPrereadIndexRanges(JET_SESID sesid, JET_TABLEID tableid,
                                      const JET_INDEX_RANGE *rgIndexRanges, JET_ULONG cIndexRanges,
                                      JET_ULONG *pcRangesPreread,
                                      const JET_COLUMNID *rgcolumnidPreread,
                                      JET_ULONG ccolumnidPreread, JET_GRBIT grbit);
#endif

/* Records. A record is changed in the cursor's copy buffer between JetPrepareUpdate and
 * JetUpdate. pcbActual is the full size of the value, which may exceed the buffer
 * (JET_wrnBufferTruncated). */
JET_ERR JET_API JetRetrieveColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                  void *pvData, JET_ULONG cbData, JET_ULONG *pcbActual,
                                  JET_GRBIT grbit, JET_RETINFO *pretinfo);
JET_ERR JET_API JetRetrieveColumns(JET_SESID sesid, JET_TABLEID tableid,
                                   JET_RETRIEVECOLUMN *pretrievecolumn, JET_ULONG cretrievecolumn);
JET_ERR JET_API JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG prep);
JET_ERR JET_API JetSetColumn(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                             const void *pvData, JET_ULONG cbData, JET_GRBIT grbit,
                             JET_SETINFO *psetinfo);
JET_ERR JET_API JetSetColumns(JET_SESID sesid, JET_TABLEID tableid, JET_SETCOLUMN *psetcolumn,
                              JET_ULONG csetcolumn);
JET_ERR JET_API JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                          JET_ULONG cbBookmark, JET_ULONG *pcbActual);
JET_ERR JET_API JetDelete(JET_SESID sesid, JET_TABLEID tableid);
JET_ERR JET_API JetEscrowUpdate(JET_SESID sesid, JET_TABLEID tableid, JET_COLUMNID columnid,
                                void *pv, JET_ULONG cbMax, void *pvOld, JET_ULONG cbOldMax,
                                JET_ULONG *pcbOldActual, JET_GRBIT grbit);
JET_ERR JET_API JetGetLock(JET_SESID sesid, JET_TABLEID tableid, JET_GRBIT grbit);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetEnumerateColumns(JET_SESID sesid, JET_TABLEID tableid, JET_ULONG cEnumColumnId,
                                    JET_ENUMCOLUMNID *rgEnumColumnId, JET_ULONG *pcEnumColumn,
                                    JET_ENUMCOLUMN **prgEnumColumn, JET_PFNREALLOC pfnRealloc,
                                    void *pvReallocContext, JET_ULONG cbDataMost, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0502
JET_ERR JET_API JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                           JET_ULONG cbBookmark, JET_ULONG *pcbActual, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0600
JET_ERR JET_API JetGetRecordSize(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE *precsize,
                                 JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0601
JET_ERR JET_API JetGetRecordSize2(JET_SESID sesid, JET_TABLEID tableid, JET_RECSIZE2 *precsize,
                                  JET_GRBIT grbit);
#endif

/* Callbacks and local storage of tables and cursors. A callback runs on the thread of the call
 * that causes it, and must not use the session in ways its page does not allow. */
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetRegisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                                    JET_CALLBACK pCallback, void *pvContext,
                                    JET_HANDLE *phCallbackId);
JET_ERR JET_API JetUnregisterCallback(JET_SESID sesid, JET_TABLEID tableid, JET_CBTYP cbtyp,
                                      JET_HANDLE hCallbackId);
JET_ERR JET_API JetSetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS ls, JET_GRBIT grbit);
JET_ERR JET_API JetGetLS(JET_SESID sesid, JET_TABLEID tableid, JET_LS *pls, JET_GRBIT grbit);
#endif

/* Backup and restore. Either in one call to a directory, or streamed by the caller: begin, ask
 * for the files, open, read and close each, ask for the logs, likewise, truncate, end. The szz
 * lists are nul-terminated names, one after another, ended by one more nul; cbMax and pcbActual
 * are bytes. Restoring needs an instance that is not initialized. */
JET_ERR JET_API JetBackup(JET_PCSTR szBackupPath, JET_GRBIT grbit, JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBackupA(JET_PCSTR szBackupPath, JET_GRBIT grbit, JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBackupW(JET_PCWSTR szBackupPath, JET_GRBIT grbit, JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBeginExternalBackup(JET_GRBIT grbit);
JET_ERR JET_API JetGetAttachInfo(JET_PSTR szzDatabases, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetAttachInfoA(JET_PSTR szzDatabases, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetAttachInfoW(JET_PWSTR szzDatabases, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetOpenFile(JET_PCSTR szFileName, JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                            JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetOpenFileA(JET_PCSTR szFileName, JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                             JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetOpenFileW(JET_PCWSTR szFileName, JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                             JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetReadFile(JET_HANDLE hfFile, void *pv, JET_ULONG cb, JET_ULONG *pcbActual);
JET_ERR JET_API JetCloseFile(JET_HANDLE hfFile);
JET_ERR JET_API JetGetLogInfo(JET_PSTR szzLogs, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetLogInfoA(JET_PSTR szzLogs, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetLogInfoW(JET_PWSTR szzLogs, JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetTruncateLog(void);
JET_ERR JET_API JetEndExternalBackup(void);
JET_ERR JET_API JetRestore(JET_PCSTR szSource, JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestoreA(JET_PCSTR szSource, JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestoreW(JET_PCWSTR szSource, JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestore2(JET_PCSTR sz, JET_PCSTR szDest, JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestore2A(JET_PCSTR sz, JET_PCSTR szDest, JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestore2W(JET_PCWSTR sz, JET_PCWSTR szDest, JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestore(JET_PSTR szCheckpointFilePath, JET_PSTR szLogPath,
                                   JET_RSTMAP_A *rgrstmap, JET_LONG crstfilemap,
                                   JET_PSTR szBackupLogPath, JET_LONG genLow, JET_LONG genHigh,
                                   JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestoreA(JET_PSTR szCheckpointFilePath, JET_PSTR szLogPath,
                                    JET_RSTMAP_A *rgrstmap, JET_LONG crstfilemap,
                                    JET_PSTR szBackupLogPath, JET_LONG genLow, JET_LONG genHigh,
                                    JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestoreW(JET_PWSTR szCheckpointFilePath, JET_PWSTR szLogPath,
                                    JET_RSTMAP_W *rgrstmap, JET_LONG crstfilemap,
                                    JET_PWSTR szBackupLogPath, JET_LONG genLow, JET_LONG genHigh,
                                    JET_PFNSTATUS pfn);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetBackupInstance(JET_INSTANCE instance, JET_PCSTR szBackupPath, JET_GRBIT grbit,
                                  JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBackupInstanceA(JET_INSTANCE instance, JET_PCSTR szBackupPath, JET_GRBIT grbit,
                                   JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBackupInstanceW(JET_INSTANCE instance, JET_PCWSTR szBackupPath, JET_GRBIT grbit,
                                   JET_PFNSTATUS pfnStatus);
JET_ERR JET_API JetBeginExternalBackupInstance(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR JET_API JetGetAttachInfoInstance(JET_INSTANCE instance, JET_PSTR szzDatabases,
                                         JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetAttachInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzDatabases,
                                          JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetAttachInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzDatabases,
                                          JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetOpenFileInstance(JET_INSTANCE instance, JET_PCSTR szFileName,
                                    JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                                    JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetOpenFileInstanceA(JET_INSTANCE instance, JET_PCSTR szFileName,
                                     JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                                     JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetOpenFileInstanceW(JET_INSTANCE instance, JET_PCWSTR szFileName,
                                     JET_HANDLE *phfFile, JET_ULONG *pulFileSizeLow,
                                     JET_ULONG *pulFileSizeHigh);
JET_ERR JET_API JetReadFileInstance(JET_INSTANCE instance, JET_HANDLE hfFile, void *pv,
                                    JET_ULONG cb, JET_ULONG *pcbActual);
JET_ERR JET_API JetCloseFileInstance(JET_INSTANCE instance, JET_HANDLE hfFile);
JET_ERR JET_API JetGetLogInfoInstance(JET_INSTANCE instance, JET_PSTR szzLogs, JET_ULONG cbMax,
                                      JET_ULONG *pcbActual);
JET_ERR JET_API JetGetLogInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzLogs, JET_ULONG cbMax,
                                       JET_ULONG *pcbActual);
JET_ERR JET_API JetGetLogInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzLogs, JET_ULONG cbMax,
                                       JET_ULONG *pcbActual);
JET_ERR JET_API JetGetLogInfoInstance2(JET_INSTANCE instance, JET_PSTR szzLogs, JET_ULONG cbMax,
                                       JET_ULONG *pcbActual, JET_LOGINFO_A *pLogInfo);
JET_ERR JET_API JetGetLogInfoInstance2A(JET_INSTANCE instance, JET_PSTR szzLogs, JET_ULONG cbMax,
                                        JET_ULONG *pcbActual, JET_LOGINFO_A *pLogInfo);
JET_ERR JET_API JetGetLogInfoInstance2W(JET_INSTANCE instance, JET_PWSTR szzLogs, JET_ULONG cbMax,
                                        JET_ULONG *pcbActual, JET_LOGINFO_W *pLogInfo);
JET_ERR JET_API JetGetTruncateLogInfoInstance(JET_INSTANCE instance, JET_PSTR szzLogs,
                                              JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetTruncateLogInfoInstanceA(JET_INSTANCE instance, JET_PSTR szzLogs,
                                               JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetGetTruncateLogInfoInstanceW(JET_INSTANCE instance, JET_PWSTR szzLogs,
                                               JET_ULONG cbMax, JET_ULONG *pcbActual);
JET_ERR JET_API JetTruncateLogInstance(JET_INSTANCE instance);
JET_ERR JET_API JetEndExternalBackupInstance(JET_INSTANCE instance);
JET_ERR JET_API JetEndExternalBackupInstance2(JET_INSTANCE instance, JET_GRBIT grbit);
JET_ERR JET_API JetRestoreInstance(JET_INSTANCE instance, JET_PCSTR sz, JET_PCSTR szDest,
                                   JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestoreInstanceA(JET_INSTANCE instance, JET_PCSTR sz, JET_PCSTR szDest,
                                    JET_PFNSTATUS pfn);
JET_ERR JET_API JetRestoreInstanceW(JET_INSTANCE instance, JET_PCWSTR sz, JET_PCWSTR szDest,
                                    JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestore2(JET_PSTR szCheckpointFilePath, JET_PSTR szLogPath,
                                    JET_RSTMAP_A *rgrstmap, JET_LONG crstfilemap,
                                    JET_PSTR szBackupLogPath, JET_LOGINFO_A *pLogInfo,
                                    JET_PSTR szTargetInstanceName, JET_PSTR szTargetInstanceLogPath,
                                    JET_PSTR szTargetInstanceCheckpointPath, JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestore2A(JET_PSTR szCheckpointFilePath, JET_PSTR szLogPath,
                                     JET_RSTMAP_A *rgrstmap, JET_LONG crstfilemap,
                                     JET_PSTR szBackupLogPath, JET_LOGINFO_A *pLogInfo,
                                     JET_PSTR szTargetInstanceName,
                                     JET_PSTR szTargetInstanceLogPath,
                                     JET_PSTR szTargetInstanceCheckpointPath, JET_PFNSTATUS pfn);
JET_ERR JET_API JetExternalRestore2W(JET_PWSTR szCheckpointFilePath, JET_PWSTR szLogPath,
                                     JET_RSTMAP_W *rgrstmap, JET_LONG crstfilemap,
                                     JET_PWSTR szBackupLogPath, JET_LOGINFO_W *pLogInfo,
                                     JET_PWSTR szTargetInstanceName,
                                     JET_PWSTR szTargetInstanceLogPath,
                                     JET_PWSTR szTargetInstanceCheckpointPath, JET_PFNSTATUS pfn);
#endif

/* Snapshots. Prepare, freeze, copy the files by other means, thaw, end. Between freeze and thaw
 * writers wait; a freeze that lasts longer than JET_paramOSSnapshotTimeout (milliseconds) thaws
 * by itself. */
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetOSSnapshotPrepare(JET_OSSNAPID *psnapId, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotFreeze(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                    JET_INSTANCE_INFO_A **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotFreezeA(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                     JET_INSTANCE_INFO_A **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotFreezeW(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                     JET_INSTANCE_INFO_W **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotThaw(JET_OSSNAPID snapId, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0502
JET_ERR JET_API JetOSSnapshotAbort(JET_OSSNAPID snapId, JET_GRBIT grbit);
#endif
#if JET_VERSION >= 0x0600
JET_ERR JET_API JetOSSnapshotPrepareInstance(JET_OSSNAPID snapId, JET_INSTANCE instance,
                                             JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotGetFreezeInfo(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                           JET_INSTANCE_INFO_A **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotGetFreezeInfoA(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                            JET_INSTANCE_INFO_A **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotGetFreezeInfoW(JET_OSSNAPID snapId, JET_ULONG *pcInstanceInfo,
                                            JET_INSTANCE_INFO_W **paInstanceInfo, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotTruncateLog(JET_OSSNAPID snapId, JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotTruncateLogInstance(JET_OSSNAPID snapId, JET_INSTANCE instance,
                                                 JET_GRBIT grbit);
JET_ERR JET_API JetOSSnapshotEnd(JET_OSSNAPID snapId, JET_GRBIT grbit);
#endif

/* Maintenance. pcPasses and pcSeconds are read (the most to do) and written (what was done);
 * NULL means no limit. JetCompact copies a database into a new file. */
JET_ERR JET_API JetDefragment(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                              JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_GRBIT grbit);
JET_ERR JET_API JetDefragmentA(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                               JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_GRBIT grbit);
JET_ERR JET_API JetDefragmentW(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                               JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_GRBIT grbit);
JET_ERR JET_API JetCompact(JET_SESID sesid, JET_PCSTR szDatabaseSrc, JET_PCSTR szDatabaseDest,
                           JET_PFNSTATUS pfnStatus, JET_CONVERT_A *pconvert, JET_GRBIT grbit);
JET_ERR JET_API JetCompactA(JET_SESID sesid, JET_PCSTR szDatabaseSrc, JET_PCSTR szDatabaseDest,
                            JET_PFNSTATUS pfnStatus, JET_CONVERT_A *pconvert, JET_GRBIT grbit);
JET_ERR JET_API JetCompactW(JET_SESID sesid, JET_PCWSTR szDatabaseSrc, JET_PCWSTR szDatabaseDest,
                            JET_PFNSTATUS pfnStatus, JET_CONVERT_W *pconvert, JET_GRBIT grbit);
JET_ERR JET_API JetComputeStats(JET_SESID sesid, JET_TABLEID tableid);
#if JET_VERSION >= 0x0501
JET_ERR JET_API JetDefragment2(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                               JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                               JET_GRBIT grbit);
JET_ERR JET_API JetDefragment2A(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName,
                                JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                                JET_GRBIT grbit);
JET_ERR JET_API JetDefragment2W(JET_SESID sesid, JET_DBID dbid, JET_PCWSTR szTableName,
                                JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                                JET_GRBIT grbit);
JET_ERR JET_API JetDefragment3(JET_SESID sesid, JET_PCSTR szDatabaseName, JET_PCSTR szTableName,
                               JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                               void *pvContext, JET_GRBIT grbit);
JET_ERR JET_API JetDefragment3A(JET_SESID sesid, JET_PCSTR szDatabaseName, JET_PCSTR szTableName,
                                JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                                void *pvContext, JET_GRBIT grbit);
JET_ERR JET_API JetDefragment3W(JET_SESID sesid, JET_PCWSTR szDatabaseName, JET_PCWSTR szTableName,
                                JET_ULONG *pcPasses, JET_ULONG *pcSeconds, JET_CALLBACK callback,
                                void *pvContext, JET_GRBIT grbit);
#endif

#ifndef _WIN32
#pragma GCC visibility pop
#endif

/* ----------------------------------------------------------------------------------------------
 * Plain names
 * -------------------------------------------------------------------------------------------- */

#if !defined(JET_NO_NAME_MAP) && JET_VERSION >= 0x0600
#ifdef JET_UNICODE
#define JET_MAP_NAME(name) name##W
#else
#define JET_MAP_NAME(name) name##A
#endif
#define JetEnableMultiInstance        JET_MAP_NAME(JetEnableMultiInstance)
#define JetCreateInstance             JET_MAP_NAME(JetCreateInstance)
#define JetCreateInstance2            JET_MAP_NAME(JetCreateInstance2)
#define JetSetSystemParameter         JET_MAP_NAME(JetSetSystemParameter)
#define JetGetSystemParameter         JET_MAP_NAME(JetGetSystemParameter)
#define JetInit3                      JET_MAP_NAME(JetInit3)
#define JetGetInstanceInfo            JET_MAP_NAME(JetGetInstanceInfo)
#define JetBeginSession               JET_MAP_NAME(JetBeginSession)
#define JetCreateDatabase             JET_MAP_NAME(JetCreateDatabase)
#define JetCreateDatabase2            JET_MAP_NAME(JetCreateDatabase2)
#define JetAttachDatabase             JET_MAP_NAME(JetAttachDatabase)
#define JetAttachDatabase2            JET_MAP_NAME(JetAttachDatabase2)
#define JetDetachDatabase             JET_MAP_NAME(JetDetachDatabase)
#define JetDetachDatabase2            JET_MAP_NAME(JetDetachDatabase2)
#define JetOpenDatabase               JET_MAP_NAME(JetOpenDatabase)
#define JetGetDatabaseInfo            JET_MAP_NAME(JetGetDatabaseInfo)
#define JetGetDatabaseFileInfo        JET_MAP_NAME(JetGetDatabaseFileInfo)
#define JetSetDatabaseSize            JET_MAP_NAME(JetSetDatabaseSize)
#define JetCreateTable                JET_MAP_NAME(JetCreateTable)
#define JetCreateTableColumnIndex     JET_MAP_NAME(JetCreateTableColumnIndex)
#define JetCreateTableColumnIndex2    JET_MAP_NAME(JetCreateTableColumnIndex2)
#define JetCreateTableColumnIndex3    JET_MAP_NAME(JetCreateTableColumnIndex3)
#define JetCreateTableColumnIndex4    JET_MAP_NAME(JetCreateTableColumnIndex4)
#define JetDeleteTable                JET_MAP_NAME(JetDeleteTable)
#define JetRenameTable                JET_MAP_NAME(JetRenameTable)
#define JetAddColumn                  JET_MAP_NAME(JetAddColumn)
#define JetDeleteColumn               JET_MAP_NAME(JetDeleteColumn)
#define JetDeleteColumn2              JET_MAP_NAME(JetDeleteColumn2)
#define JetRenameColumn               JET_MAP_NAME(JetRenameColumn)
#define JetSetColumnDefaultValue      JET_MAP_NAME(JetSetColumnDefaultValue)
#define JetCreateIndex                JET_MAP_NAME(JetCreateIndex)
#define JetCreateIndex2               JET_MAP_NAME(JetCreateIndex2)
#define JetCreateIndex3               JET_MAP_NAME(JetCreateIndex3)
#define JetCreateIndex4               JET_MAP_NAME(JetCreateIndex4)
#define JetDeleteIndex                JET_MAP_NAME(JetDeleteIndex)
#define JetGetObjectInfo              JET_MAP_NAME(JetGetObjectInfo)
#define JetGetTableInfo               JET_MAP_NAME(JetGetTableInfo)
#define JetGetColumnInfo              JET_MAP_NAME(JetGetColumnInfo)
#define JetGetTableColumnInfo         JET_MAP_NAME(JetGetTableColumnInfo)
#define JetGetIndexInfo               JET_MAP_NAME(JetGetIndexInfo)
#define JetGetTableIndexInfo          JET_MAP_NAME(JetGetTableIndexInfo)
#define JetOpenTable                  JET_MAP_NAME(JetOpenTable)
#define JetGetCurrentIndex            JET_MAP_NAME(JetGetCurrentIndex)
#define JetSetCurrentIndex            JET_MAP_NAME(JetSetCurrentIndex)
#define JetSetCurrentIndex2           JET_MAP_NAME(JetSetCurrentIndex2)
#define JetSetCurrentIndex3           JET_MAP_NAME(JetSetCurrentIndex3)
#define JetSetCurrentIndex4           JET_MAP_NAME(JetSetCurrentIndex4)
#define JetBackup                     JET_MAP_NAME(JetBackup)
#define JetBackupInstance             JET_MAP_NAME(JetBackupInstance)
#define JetGetAttachInfo              JET_MAP_NAME(JetGetAttachInfo)
#define JetGetAttachInfoInstance      JET_MAP_NAME(JetGetAttachInfoInstance)
#define JetOpenFile                   JET_MAP_NAME(JetOpenFile)
#define JetOpenFileInstance           JET_MAP_NAME(JetOpenFileInstance)
#define JetGetLogInfo                 JET_MAP_NAME(JetGetLogInfo)
#define JetGetLogInfoInstance         JET_MAP_NAME(JetGetLogInfoInstance)
#define JetGetLogInfoInstance2        JET_MAP_NAME(JetGetLogInfoInstance2)
#define JetGetTruncateLogInfoInstance JET_MAP_NAME(JetGetTruncateLogInfoInstance)
#define JetRestore                    JET_MAP_NAME(JetRestore)
#define JetRestore2                   JET_MAP_NAME(JetRestore2)
#define JetRestoreInstance            JET_MAP_NAME(JetRestoreInstance)
#define JetExternalRestore            JET_MAP_NAME(JetExternalRestore)
#define JetExternalRestore2           JET_MAP_NAME(JetExternalRestore2)
#define JetOSSnapshotFreeze           JET_MAP_NAME(JetOSSnapshotFreeze)
#define JetOSSnapshotGetFreezeInfo    JET_MAP_NAME(JetOSSnapshotGetFreezeInfo)
#define JetDefragment                 JET_MAP_NAME(JetDefragment)
#define JetDefragment2                JET_MAP_NAME(JetDefragment2)
#define JetDefragment3                JET_MAP_NAME(JetDefragment3)
#define JetCompact                    JET_MAP_NAME(JetCompact)
#ifdef JET_UNICODE
#define JetGetErrorInfo JetGetErrorInfoW
#endif
#endif /* JET_NO_NAME_MAP */

#ifdef __cplusplus
}
#endif

#endif /* ESENT_H */
