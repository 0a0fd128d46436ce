/* A module with functions that compute default values, as an application would have one. */
#include <string.h>

#include <esent.h>

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT JET_ERR JET_CALL compute(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                                void *out, void *size, void *user, JET_API_PTR columnid);

/* The user data, or without any: NULL. */
JET_ERR JET_CALL compute(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                         void *out, void *size, void *user, JET_API_PTR columnid)
{
    (void)sesid, (void)dbid, (void)tableid;
    JET_ULONG *actual = size;
    if (type != JET_cbtypUserDefinedDefaultValue || columnid == 0) {
        return JET_errCallbackFailed;
    }
    if (user == NULL) {
        *actual = 0;
        return JET_wrnColumnNull;
    }
    JET_ULONG whole = (JET_ULONG)strlen(user), room = *actual;
    if (out != NULL) {
        memcpy(out, user, whole < room ? whole : room);
    }
    *actual = whole;
    return whole > room ? JET_wrnBufferTruncated : JET_errSuccess;
}

EXPORT JET_ERR JET_CALL refuse(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                               void *a, void *b, void *context, JET_API_PTR last);

/* Lets nothing happen. */
JET_ERR JET_CALL refuse(JET_SESID sesid, JET_DBID dbid, JET_TABLEID tableid, JET_CBTYP type,
                        void *a, void *b, void *context, JET_API_PTR last)
{
    (void)sesid, (void)dbid, (void)tableid, (void)type, (void)a, (void)b, (void)context, (void)last;
    return JET_errCallbackFailed;
}
