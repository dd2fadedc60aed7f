package config

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "***"

// Secret is a value that must not be shown. However it is printed, logged or encoded, it reads
// ***; only [Secret.Reveal] tells it.
type Secret struct {
	// A pointer, because fmt follows no second pointer where it prints a value without asking for
	// its Format, as it does for a wrong verb.
	value *string
}

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the value itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet tells whether there is a value.
func (s Secret) IsSet() bool { return s.Reveal() != "" }

// Format prints *** for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// String returns ***.
func (Secret) String() string { return hidden }

// MarshalText returns ***, in JSON and YAML too.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue logs ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
