"""From a citizen's words to matters: normal writing, whose words count, where one matter ends, what each is about."""
