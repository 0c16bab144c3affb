-- The row of the price book that set its price; NULL: none did, or it was accepted before there was a book.
ALTER TABLE message ADD COLUMN price_sid BYTEA;
