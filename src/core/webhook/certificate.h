/*
 * core/webhook/certificate.h - what an account shows to a host of its webhooks, and whom it trusts there: a client
 * certificate with its key, authorities of its own, or both.  A declared resource; the key is sealed at rest.
 *
 * Thread: tasks of any loop.
 */
#ifndef SW_CORE_WEBHOOK_CERTIFICATE_H
#define SW_CORE_WEBHOOK_CERTIFICATE_H

#include "core/resource.h"
#include "net/courier.h"

enum { SW_CERTIFICATES_MAX = 100 }; /* of an account */

extern const struct sw_resource sw_webhook_certificate;

/**
 * Of the account, for the host of a URL.
 * @param ret  NULL: none; lives as long as the task's arena
 */
int sw_certificate_find_wait(struct sw_task *task, const struct sw_core *core, const struct sw_account *account,
			     struct sw_str url, const struct sw_fetch_identity **ret) SW_MUST_CHECK;

#endif
