/*
 * product/event/event.h - reading the event log over HTTP, and the flight recorder of one SID.
 *
 * GET /v1/events is a log to follow: oldest first, its cursor is the number of the last event looked at, and it may
 * wait for more (wait_s).  A master account sees its subaccounts' events too; other accounts that share the bucket
 * are skipped.
 */
#ifndef EVENT_H
#define EVENT_H

#include "api/api.h"

extern const struct sw_module event_module;

#endif
