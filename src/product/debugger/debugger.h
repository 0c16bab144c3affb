/*
 * product/debugger/debugger.h - what happened and who did it, as the contract's Monitor API tells it.
 *
 * Every room writes its part (core/audit.h, core/alert/alert.h); here are alarms made and the rest read.
 */
#ifndef DEBUGGER_H
#define DEBUGGER_H

#include "api/api.h"

extern const struct sw_module debugger_module;
extern const struct sw_endpoint debugger_alert_endpoints[], debugger_alarm_endpoints[], debugger_error_endpoints[];

#endif
