/* libvirt_host_seed.c - the disks by which domains get to know who they are
 *
 * They are in a storage pool of the host, readable for its hypervisor alone: what is on a command
 * line, in the firmware or in a domain's description others on the host may read. */

#include "base/buffer.h"
#include "scheduler/cloud/libvirt_domain.h"
#include "scheduler/cloud/libvirt_host_inside.h"

#include <inttypes.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define ENDING ".iso"

static char *name_of(const struct libvirt_host *host, const char *uuid)
{
    return memory_format("%s.%s" ENDING, host->settings->mark, uuid);
}

/* Is it the name of one of the pool's?  Then its domain's UUID is put there. */
static bool is_ours(const struct libvirt_host *host, const char *name,
                    char ret_uuid[LIBVIRT_UUID_SIZE])
{
    const char *mark = host->settings->mark;
    size_t length = strlen(mark), uuid = LIBVIRT_UUID_SIZE - 1;

    if (strlen(name) != length + 1 + uuid + strlen(ENDING) || strncmp(name, mark, length) != 0 ||
        name[length] != '.' || strcmp(name + length + 1 + uuid, ENDING) != 0)
        return false;
    memcpy(ret_uuid, name + length + 1, uuid);
    ret_uuid[uuid] = '\0';
    return true;
}

static virStorageVolPtr make_volume(virStoragePoolPtr pool, const char *name, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_print(&text,
                 "<volume><name>%s</name><capacity unit='bytes'>%zu</capacity>"
                 "<target><format type='raw'/><permissions><mode>0600</mode></permissions>"
                 "</target></volume>",
                 name, size);
    return virStorageVolCreateXML(pool, text.bytes, 0);
}

static bool send_all(virStreamPtr stream, const struct buffer *image)
{
    size_t done = 0;

    while (done < image->length) {
        int sent = virStreamSend(stream, image->bytes + done, image->length - done);

        if (sent < 0)
            return false;
        done += (size_t)sent;
    }
    return virStreamFinish(stream) == 0;
}

/* The driver of test:/// has no bytes in its volumes; nothing boots there, either. */
static bool fill_volume(const struct libvirt_host *host, virStorageVolPtr volume,
                        const struct buffer *image, struct error *err)
{
    CLEANUP(stream_freep) virStreamPtr stream = virStreamNew(host->connection, 0);

    if (strcmp(host->settings->hypervisor, "test") == 0)
        return true;
    if (!stream || virStorageVolUpload(volume, stream, 0, image->length, 0) != 0 ||
        !send_all(stream, image))
        return fail_libvirt(err, "filling the disk with the user data");
    return true;
}

bool seed_make(const struct libvirt_host *host, const char *uuid, const struct buffer *image,
               char **ret_path, struct error *err)
{
    CLEANUP(storage_freep)
    virStoragePoolPtr pool = virStoragePoolLookupByName(host->connection, host->settings->storage);
    CLEANUP(memory_freep) char *name = name_of(host, uuid);
    CLEANUP(volume_freep) virStorageVolPtr volume = NULL;

    if (!pool)
        return fail_libvirt(err, "storage");
    volume = make_volume(pool, name, image->length);
    if (!volume)
        return fail_libvirt(err, "making a disk for the user data");
    if (!fill_volume(host, volume, image, err)) {
        (void)virStorageVolDelete(volume, 0);
        return false;
    }
    *ret_path = virStorageVolGetPath(volume);
    return *ret_path || fail_libvirt(err, "the path of the disk with the user data");
}

void seed_remove(const struct libvirt_host *host, const char *uuid)
{
    CLEANUP(storage_freep)
    virStoragePoolPtr pool = virStoragePoolLookupByName(host->connection, host->settings->storage);
    CLEANUP(memory_freep) char *name = name_of(host, uuid);
    CLEANUP(volume_freep) virStorageVolPtr volume = NULL;

    if (pool)
        volume = virStorageVolLookupByName(pool, name);
    if (volume)
        (void)virStorageVolDelete(volume, 0); /* what stays is tidied up with the next list */
}

static bool has_server(const struct server_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->all[i].id, id) == 0)
            return true;
    return false;
}

/* A scheduler that was killed between the two has left a disk without its domain. */
void seeds_tidy(const struct libvirt_host *host, const struct server_list *list)
{
    CLEANUP(storage_freep)
    virStoragePoolPtr pool = virStoragePoolLookupByName(host->connection, host->settings->storage);
    virStorageVolPtr *volumes = NULL;
    int count = pool ? virStoragePoolListAllVolumes(pool, &volumes, 0) : 0;

    for (int i = 0; i < count; i++) {
        char uuid[LIBVIRT_UUID_SIZE];

        if (is_ours(host, virStorageVolGetName(volumes[i]), uuid) && !has_server(list, uuid))
            (void)virStorageVolDelete(volumes[i], 0);
        virStorageVolFree(volumes[i]);
    }
    free(volumes);
}
