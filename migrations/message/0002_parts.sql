-- Bits of the parts whose receipts are awaited, while a message of several parts is sent.
ALTER TABLE message ADD COLUMN parts_open BIGINT;
