package cards_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderbot/cards"
	"orderbot/orders"
)

var signer = cards.NewSigner([]byte("a key for tests only"))

func TestActionsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	actions := map[string]cards.Action{
		"a draft's confirmation":     {Verb: cards.Confirm, Order: "SO202603110012", Version: 3},
		"an approval":                {Verb: cards.Approve, Order: "SO202603110012", Version: 12, Node: 2},
		"a chosen option":            {Verb: cards.Choose, Order: "SO202603110012", Version: 1, Arg: "P031"},
		"a chosen option in Chinese": {Verb: cards.Choose, Order: "SO2026031199999", Version: 1, Arg: "箱"},
		"another kind of number":     {Verb: cards.Ack, Order: "X-7"},
		"a number with a zero ahead": {Verb: cards.Ack, Order: "SO000103110012"},
		"a verb without a short":     {Verb: "later", Order: "SO202603110012", Arg: "x"},
	}
	for name, a := range actions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := signer.Sign(a)
			require.Regexp(t, `^[0-9A-Za-z_-]+$`, token)
			got, err := signer.Open(token)
			require.NoError(t, err)
			require.Equal(t, a, got)
		})
	}
}

func TestForgedActionsAreRefused(t *testing.T) {
	t.Parallel()
	token := signer.Sign(cards.Action{Verb: cards.Approve, Order: "SO202603110012", Version: 3, Node: 1})
	other := cards.NewSigner([]byte("somebody else's")).Sign(cards.Action{Verb: cards.Approve, Order: "SO202603110012", Version: 3, Node: 1})
	for i := range token {
		c := byte('A')
		if token[i] == c {
			c = 'B'
		}
		_, err := signer.Open(token[:i] + string(c) + token[i+1:])
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(err), "character %d changed", i)
	}
	for _, bad := range []string{"", "approve", ".", "settled", token[1:], token + "A", token[:len(token)-4], other} {
		_, err := signer.Open(bad)
		require.Equal(t, orders.CodeDenied, orders.ErrorCode(err), "%q", bad)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(signer.Sign(cards.Action{Verb: cards.Choose, Order: "SO202603110012", Version: 1, Arg: "箱"}))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if a, err := signer.Open(token); err == nil {
			require.Equal(t, token, signer.Sign(a))
		}
	})
}

func TestSixButtonsFitIntoADingTalkCard(t *testing.T) {
	t.Parallel()
	c := &cards.Card{Title: "t"}
	for range 6 {
		c.Buttons = append(c.Buttons, cards.Button{
			Text: "超滑导尿管十六号加", Style: cards.Primary,
			Action: signer.Sign(cards.Action{Verb: cards.Choose, Order: "SO202603110012", Version: 3, Node: 2, Arg: "P0311"}),
		})
	}
	full := cards.DingTalk(c)["sys_full_json_obj"]
	require.Equal(t, 6, strings.Count(full, `"id"`))
	t.Logf("%d bytes", len(full))
}

// wecomCard is what WeCom reads of a template card.
type wecomCard struct {
	Type  string `json:"card_type"`
	Title struct {
		Title string `json:"title"`
		Desc  string `json:"desc"`
	} `json:"main_title"`
	Quote struct {
		Text string `json:"quote_text"`
	} `json:"quote_area"`
	SubTitle string `json:"sub_title_text"`
	Facts    []struct {
		Name  string `json:"keyname"`
		Value string `json:"value"`
	} `json:"horizontal_content_list"`
	Jumps []struct {
		Title string `json:"title"`
	} `json:"jump_list"`
	Action *struct {
		Type int `json:"type"`
	} `json:"card_action"`
	Task    string `json:"task_id"`
	Buttons []struct {
		Text  string `json:"text"`
		Key   string `json:"key"`
		Style int    `json:"style"`
	} `json:"button_list"`
	Replace string `json:"replace_text"`
}

// dingtalkCard is what DingTalk's template reads of the variable with the buttons.
type dingtalkCard struct {
	Buttons []struct {
		ID      string `json:"id"`
		Request bool   `json:"request"`
		Params  struct {
			Action string `json:"action"`
		} `json:"params"`
	} `json:"msgButtons"`
}

// text draws texts of one and three bytes a character, with markup, line breaks and blanks.
func text(most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab1 *_[](#>`<\n导尿管盒箱，：¥×&\"\\🔴")), 0, most, -1)
}

func card(t *rapid.T) *cards.Card {
	c := &cards.Card{
		Title: text(80).Draw(t, "title") + "x", Desc: text(80).Draw(t, "desc"), Amount: text(40).Draw(t, "amount"),
		Lines: rapid.SliceOfN(text(60), 0, 60).Draw(t, "lines"), Question: text(500).Draw(t, "question"),
		Urgent: rapid.Bool().Draw(t, "urgent"),
	}
	for range rapid.IntRange(0, 12).Draw(t, "fields") {
		c.Fields = append(c.Fields, cards.Field{Name: "名" + text(7).Draw(t, "name"), Value: text(90).Draw(t, "value")})
	}
	for range rapid.IntRange(0, 8).Draw(t, "buttons") {
		c.Buttons = append(c.Buttons, cards.Button{
			Text: text(20).Draw(t, "button"), Style: rapid.SampledFrom([]cards.Style{cards.Primary, cards.Normal, cards.Danger, ""}).Draw(t, "style"),
			Action: signer.Sign(cards.Action{Verb: cards.Choose, Order: "SO202603110012", Version: 1, Arg: text(40).Draw(t, "arg")}),
			Say:    text(60).Draw(t, "say"),
		})
	}
	if rapid.Bool().Draw(t, "linked") {
		c.Link = &cards.Link{Text: text(40).Draw(t, "link"), URL: "https://orders.example.com/o/" + strings.Repeat("k", 43)}
	}
	if rapid.Bool().Draw(t, "isSettled") {
		c.Settled = "已同意 " + text(300).Draw(t, "settled")
	}
	return c
}

func TestWeComCardsKeepThePlatformsLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := card(t)
		raw := cards.WeCom(c, rapid.SampledFrom([]string{"so-1_a@2", "a.b", strings.Repeat("x", 200)}).Draw(t, "task"))
		if raw == nil {
			require.True(t, len(c.Buttons) == 0 && c.Settled == "" && c.Link == nil)
			return
		}
		var got wecomCard
		require.NoError(t, json.Unmarshal(raw, &got))
		within := func(s string, n int) { require.LessOrEqual(t, utf8.RuneCountInString(s), n, s) }
		within(got.Title.Title, 36)
		within(got.Title.Desc, 44)
		within(got.SubTitle, 160)
		require.LessOrEqual(t, len(got.Facts), 6)
		for _, f := range got.Facts {
			require.NotEmpty(t, f.Name)
			within(f.Name, 5)
			within(f.Value, 30)
		}
		for _, j := range got.Jumps {
			within(j.Title, 18)
		}
		require.Regexp(t, regexp.MustCompile(`^[0-9A-Za-z_@-]{1,128}$`), got.Task)
		if c.Settled != "" {
			require.Equal(t, "已同意", got.Replace)
			require.Contains(t, got.Quote.Text, "已同意")
		}
		switch got.Type {
		case "text_notice":
			require.NotNil(t, got.Action)
			require.Equal(t, 1, got.Action.Type)
			require.Empty(t, got.Buttons)
		case "button_interaction":
			require.NotEmpty(t, got.Buttons)
			require.LessOrEqual(t, len(got.Buttons), 6)
			keys := map[string]bool{}
			for _, b := range got.Buttons {
				within(b.Text, 10)
				require.False(t, keys[b.Key])
				require.LessOrEqual(t, len(b.Key), 1024)
				require.Contains(t, []int{1, 2, 3, 4}, b.Style)
				keys[b.Key] = true
			}
		default:
			t.Fatalf("card_type %q", got.Type)
		}
	})
}

func TestDingTalkCardsKeepThePlatformsLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := card(t)
		m := cards.DingTalk(c)
		require.Len(t, m, 4)
		for k, v := range m {
			require.LessOrEqual(t, len(v), 1024, k)
			require.True(t, utf8.ValidString(v), k)
		}
		var got dingtalkCard
		require.NoError(t, json.Unmarshal([]byte(m["sys_full_json_obj"]), &got))
		require.NotNil(t, got.Buttons)
		if c.Settled != "" {
			require.Empty(t, got.Buttons)
			require.Contains(t, m["markdown"], "已同意")
		}
		for _, b := range got.Buttons {
			require.True(t, b.Request)
			require.Equal(t, b.ID, b.Params.Action)
			_, err := signer.Open(b.ID)
			require.NoError(t, err)
		}
		if c.Link != nil && len(c.Question) < 100 {
			require.Contains(t, m["markdown"], "("+c.Link.URL+")")
		}
	})
}

func TestTextsAreNeverCutByThePlatform(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := cards.Text(card(t))
		require.LessOrEqual(t, len(s), cards.TextLimit)
		require.True(t, utf8.ValidString(s))
	})
}

func TestWordsOfPeopleAreNoMarkup(t *testing.T) {
	t.Parallel()
	m := cards.DingTalk(&cards.Card{
		Title: "t", Desc: "[请点这里](http://evil.example) 5*10*2cm", Lines: []string{"# 1", "1. P012 纱布 `a`"},
		Settled: "已驳回 王敏：价格**不对**",
	})["markdown"]
	require.NotContains(t, m, "](http")
	require.Contains(t, m, `5\*10\*2cm`)
	require.Contains(t, m, "\n\n\\# 1")
	require.Contains(t, m, "1\\. P012 纱布 \\`a\\`")
	require.Contains(t, m, `**已驳回 王敏：价格\*\*不对\*\***`)
}
