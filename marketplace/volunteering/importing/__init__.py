"""Lists of opportunities as organisations really keep them: read as they are, mapped, and either a need or a clear refusal."""
