/*
 * product/debugger/debugger.h - what happened and who did it, as the contract's Monitor API tells it.
 *
 * Only reads: every room writes its part (core/audit.h).
 */
#ifndef DEBUGGER_H
#define DEBUGGER_H

#include "api/api.h"

extern const struct sw_module debugger_module;

#endif
