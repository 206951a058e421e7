package seafoam

// What tests of tables see of the inside: the vocabularies, by the names of the manifest.

// Words are the numbers of a vocabulary, by word.
func Words() map[string]map[string]int {
	return map[string]map[string]int{
		"error_codes":     numbers(errorCodeWords),
		"event_kinds":     numbers(eventKindWords),
		"hints":           numbers(hintWords),
		"leader_scopes":   numbers(leaderScopeWords),
		"link_directions": numbers(linkDirectionWords),
		"log_levels":      numbers(logLevelWords),
		"node_ranks":      numbers(nodeRankWords),
		"node_statuses":   numbers(nodeStatusWords),
		"profiles":        numbers(profileWords),
		"term_qualities":  numbers(termQualityWords),
		"validity_bases":  numbers(validityBasisWords),
		"validity_states": numbers(validityStateWords),
	}
}

func numbers[T ~int](words []word[T]) map[string]int {
	made := map[string]int{}
	for _, each := range words {
		made[each.name] = int(each.value)
	}
	return made
}

// Setting is what an option sets.
func (o Option) Setting() (key, value string, problem error) { return o.key, o.value, o.problem }
