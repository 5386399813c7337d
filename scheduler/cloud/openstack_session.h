/* openstack_session.h - a token of Keystone's, and questions asked with it
 *
 * Owns: the token, the catalogue, the connection.  Borrows: the settings.  Threads: one at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_OPENSTACK_SESSION_H
#define SCHEDULER_CLOUD_OPENSTACK_SESSION_H

#include "scheduler/cloud/provider.h"

#include <jansson.h>

/* The services that are asked, by their type in the catalogue. */
enum openstack_service { OPENSTACK_COMPUTE, OPENSTACK_IMAGE, OPENSTACK_SERVICE_COUNT };

struct openstack_session;

struct openstack_session *openstack_session_new(const struct provider_settings *settings);
void openstack_session_free(struct openstack_session *session);
DEFINE_CLEANUP(struct openstack_session *, openstack_session_free)

struct openstack_question {
    enum openstack_service service;
    const char *method; /* "GET" */
    const char *path;   /* below the service's endpoint */
    const json_t *body; /* NULL: none */
};

/* A token that is refused is asked for anew, once.  Whatever is not 2xx is an error of
 * provider.h's kind.  *ret_json (NULL: nobody wants it) is the answer, or NULL where it is empty;
 * json_decref() it. */
bool openstack_ask(struct openstack_session *session, const struct openstack_question *question,
                   json_t **ret_json, struct error *err);

/* Of the last error: so long the cloud asked to be left alone; or 0. */
int64_t openstack_wait_us(const struct openstack_session *session);

/* For CLEANUP() on a json_t *. */
void json_freep(json_t **place);

/* The text at that key, or "" when it is none. */
const char *json_text_at(const json_t *object, const char *key);

#endif
