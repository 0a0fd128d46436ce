/* Entries of secondary indexes as nodes of their trees: see index.h. */
#include "engine/table/index.h"

#define SIZE_FIELD 2

/* Tells bookmarks with the same beginning apart where there is no room for all of them. */
static void digest(const unsigned char *data, uint32_t size, unsigned char *out)
{
    uint64_t low = 0xcbf29ce484222325u, high = 0x9e3779b97f4a7c15u;
    for (uint32_t i = 0; i < size; i++) {
        low = (low ^ data[i]) * 0x100000001b3u;
        high = (high ^ low ^ (high >> 29)) * 0xbf58476d1ce4e5b9u;
    }
    ese_put64(out, low ^ low >> 32);
    ese_put64(out + 8, high ^ high >> 31);
}

JET_ERR ese_index_entry_make(const struct ese_index *index, const void *key, uint32_t key_size, const void *bookmark,
                             uint32_t bookmark_size, struct ese_bytes *node_key, struct ese_bytes *node_data)
{
    uint32_t room = ese_tree_key_max(ese_cache_page_size(index->tree->space->cache));
    bool unique = ese_index_is_unique(index), fits = key_size + bookmark_size <= room;
    JET_ERR err = ese_bytes_reserve(node_key, room + bookmark_size);
    if (err == JET_errSuccess) {
        err = ese_bytes_reserve(node_data, SIZE_FIELD + bookmark_size);
    }
    if (err != JET_errSuccess) {
        return err;
    }
    if (key_size != 0) {
        memcpy(node_key->data, key, key_size);
    }
    node_key->size = key_size;
    if (unique) {
        memcpy(node_data->data, bookmark, bookmark_size);
        node_data->size = bookmark_size;
        return JET_errSuccess;
    }
    uint32_t part = fits ? bookmark_size : room - key_size - ESE_DIGEST_SIZE;
    memcpy(node_key->data + key_size, bookmark, part);
    node_key->size += part;
    ese_put16(node_data->data, (uint16_t)key_size);
    node_data->size = SIZE_FIELD;
    if (!fits) {
        digest(bookmark, bookmark_size, node_key->data + node_key->size);
        node_key->size += ESE_DIGEST_SIZE;
        memcpy(node_data->data + SIZE_FIELD, bookmark, bookmark_size);
        node_data->size += bookmark_size;
    }
    return JET_errSuccess;
}

JET_ERR ese_index_entry_split(bool unique, const void *node_key, uint32_t node_key_size, const void *node_data,
                              uint32_t node_data_size, uint32_t *key_size, const unsigned char **bookmark,
                              uint32_t *bookmark_size)
{
    const unsigned char *data = node_data;
    if (unique) {
        *key_size = node_key_size;
        *bookmark = data;
        *bookmark_size = node_data_size;
    } else if (node_data_size < SIZE_FIELD || ese_get16(data) > node_key_size) {
        return JET_errSecondaryIndexCorrupted;
    } else {
        *key_size = ese_get16(data);
        bool apart = node_data_size > SIZE_FIELD;
        *bookmark = apart ? data + SIZE_FIELD : (const unsigned char *)node_key + *key_size;
        *bookmark_size = apart ? node_data_size - SIZE_FIELD : node_key_size - *key_size;
    }
    return *bookmark_size != 0 ? JET_errSuccess : JET_errSecondaryIndexCorrupted;
}
