"""DynamoDB: connection, items, transactions, queries."""
