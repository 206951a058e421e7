package seafoam

import "fmt"

// word is one value of a vocabulary, as every language names it.
type word[T any] struct {
	value T
	name  string
}

// nameOf gives the word of a value; a later library may have values that are not known here.
func nameOf[T ~int](kind string, words []word[T], value T) string {
	for _, each := range words {
		if each.value == value {
			return each.name
		}
	}
	return fmt.Sprintf("%s(%d)", kind, int(value))
}

func valueOf[T ~int](kind string, words []word[T], text []byte, into *T) error {
	for _, each := range words {
		if each.name == string(text) {
			*into = each.value
			return nil
		}
	}
	return badArgument(kind, fmt.Sprintf("= %q is no word of it", text))
}
