package bot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/orders"
)

// A customer's platform lets five messages through: the choices of a long text are one of their own.
func TestLongCardsFitIntoFiveMessages(t *testing.T) {
	for _, platform := range []orders.Platform{orders.KF, orders.ServiceAccount} {
		for size, want := range map[int]int{900: 4, 1200: 1} {
			s := &session{clerk: &Clerk{}, in: orders.Inbound{Platform: platform, Key: "m1"}, part: &orders.Turn{Chat: orders.Chat{Platform: platform, ID: "c"}}}
			for range 2 {
				s.send(cards.Message{Text: "lines"}, "draft.lines", "SO1")
				s.send(cards.Message{Text: strings.Repeat("a", size), Menu: []string{"确认 SO1"}}, "draft.card", "SO1")
			}
			require.Len(t, s.deliveries(), want, "%s: two cards of %d bytes", platform, size)
		}
	}
}
