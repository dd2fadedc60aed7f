package intake_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// Words that went into no field are asked about where they look like a number of papers, a place or a day that the order lacks.
func TestWordsThatWentIntoNothingAreAsked(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, want := range map[string]string{
		"白醋3件，系统里是MR-2026-031那张": "orders[0].po ambiguous",
		"白醋3件，弄到柳湾新厂东门就行":        "",
		"白醋3件，货搁柳湾新厂东门":          "",
		"白醋3件，进柳湾中转站":            "orders[0].address ambiguous",
		"白醋3件，28号有酒席":            "orders[0].deliver_by ambiguous",
		"白醋3件，上午别打电话":            "",
		"白醋3件，店里等着用":             "",
		"白醋3件，送城东路8号，放后面那个门口":    "",
	} {
		assert.Equal(t, want, strings.Join(fields(said(t, x, text).Asks), " "), text)
	}
	res := said(t, x, "白醋3件，系统里是MR-2026-031那张")
	require.Equal(t, "MR-2026-031", res.Orders[0].PO)
}

// A short reply that nothing was made of leaves its question open, and asks it again.
func TestAReplyThatIsNotUnderstoodIsAskedAgain(t *testing.T) {
	t.Parallel()
	x := shop(t)
	for text, intent := range map[string]intake.Intent{
		"是做面食的那家": intake.IntentChange,
		"我问一下是哪个": intake.IntentOther,
		"那个会还开吗":  intake.IntentOther,
		"今天天气不错":  intake.IntentOther,
	} {
		res := talk(t, x, intake.RoleSales, "望江楼 刹车片5套", text)
		require.Equal(t, intent, res.Intent, text)
		require.Equal(t, intent == intake.IntentChange, len(res.Asks) > 0, text)
	}
}
