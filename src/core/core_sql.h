/* core/core_sql.h - the statements of this room, by number; their text is in core_sql.c. */
#ifndef SW_CORE_CORE_SQL_H
#define SW_CORE_CORE_SQL_H

#include "store/query.h"

enum {
	SQL_DIRECTORY_GET,
	SQL_DIRECTORY_PUT,
	SQL_DIRECTORY_DROP,
	SQL_SETTING_GET,
	SQL_SETTING_PUT,
	SQL_ACCOUNT_GET,
	SQL_ACCOUNT_INSERT,
	SQL_ACCOUNT_UPDATE,
	SQL_ACCOUNT_TOKEN,
	SQL_BALANCE_GET,
	SQL_BALANCE_INSERT,
	SQL_BALANCE_DEBIT,
	SQL_BALANCE_CREDIT,
	SQL_LEDGER_INSERT,
	SQL_LEDGER_SUM,
	SQL_KEY_GET,
	SQL_KEY_INSERT,
	SQL_KEY_RENAME,
	SQL_KEY_DELETE,
	SQL_NUMBER_FIND,
	SQL_NUMBER_GET,
	SQL_NUMBER_INSERT,
	SQL_NUMBER_UPDATE,
	SQL_NUMBER_MOVE,
	SQL_IDEMPOTENCY_GET,
	SQL_IDEMPOTENCY_INSERT,
	SQL_IDEMPOTENCY_SWEEP,
	SQL_RESOURCE_GET,
	SQL_RESOURCE_INSERT,
	SQL_RESOURCE_UPDATE,
	SQL_RESOURCE_DELETE,
	SQL_RESOURCE_KEY_INSERT,
	SQL_RESOURCE_KEY_CLEAR,
	SQL_CORE_N
};

extern const struct sw_sql sw_core_rows[SQL_CORE_N];
#define CORE_SQL(number) (&sw_core_rows[number])

extern const struct sw_query_def sw_account_list, sw_key_list, sw_number_list, sw_resource_list, sw_resource_filtered;

#endif
