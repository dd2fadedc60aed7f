package storage

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// beijing is where days begin and dates are written.
var beijing = time.FixedZone("CST", 8*60*60)

// toMS is how a time stands in the database: UTC milliseconds, 0 for no time.
func toMS(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

const microExp = 6

// maxMicro keeps sums of quantities and prices far from the ends of an int64.
var maxMicro = decimal.New(1, 12)

// toMicro is how quantities and prices stand in the database: millionths, rounded half away from zero.
func toMicro(d decimal.Decimal) (int64, error) {
	// Exponents first: comparing 1E999999999 would take all memory.
	if e := d.Exponent(); e > 20 || e < -200 || d.Abs().GreaterThan(maxMicro) {
		return 0, orders.Errorf(orders.CodeInvalid, "数值太大或小数太长")
	}
	if d = d.Shift(microExp); d.Exponent() < 0 {
		d = d.Round(0)
	}
	return d.IntPart(), nil
}

func fromMicro(n int64) decimal.Decimal {
	exp := int32(-microExp)
	for ; exp < 0 && n%10 == 0; exp++ {
		n /= 10
	}
	return decimal.New(n, exp)
}

// micros converts many values and keeps the first error.
type micros struct{ err error }

func (m *micros) of(d decimal.Decimal) int64 {
	n, err := toMicro(d)
	if err != nil && m.err == nil {
		m.err = err
	}
	return n
}

func (m *micros) ofPtr(d *decimal.Decimal) *int64 {
	if d == nil {
		return nil
	}
	n := m.of(*d)
	return &n
}

func fromMicroPtr(n *int64) *decimal.Decimal {
	if n == nil {
		return nil
	}
	d := fromMicro(*n)
	return &d
}

// toJSON writes what always can be written; empty lists, maps and nil become the empty text.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("storage: %T can't be JSON: %v", v, err))
	}
	switch s := string(b); s {
	case "null", "[]", "{}":
		return ""
	default:
		return s
	}
}

func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// newToken returns a claim's token: 16 random bytes in hex.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// keyText fits a key of any length into its column; long ones keep their beginning and a digest.
func keyText(key string) string {
	if len(key) <= 191 {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return key[:100] + "#" + hex.EncodeToString(sum[:])
}

// keys returns the keys of a set, sorted.
func keys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
