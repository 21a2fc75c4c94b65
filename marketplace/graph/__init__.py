"""The GraphQL way in: the schema, what one document may ask, who asks, and one module a slice. It holds no rules of the domain."""
