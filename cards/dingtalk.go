package cards

import (
	"regexp"
	"slices"
	"strings"
)

// MarkdownButtons is DingTalk's public card template "markdown with buttons", usable by every
// tenant without set-up (a constant of the official Python SDK).
const MarkdownButtons = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"

// dingtalkValue is the most bytes that one value of cardParamMap may have.
const dingtalkValue = 1024

type dingtalkButtons struct {
	Buttons []dingtalkButton `json:"msgButtons"`
}

// dingtalkButton calls back with id among its actionIds and with params; clients have been seen to
// leave out either.
type dingtalkButton struct {
	Text    string         `json:"text"`
	Color   string         `json:"color"`
	ID      string         `json:"id"`
	Request bool           `json:"request"`
	Params  dingtalkParams `json:"params"`
}

type dingtalkParams struct {
	Action string `json:"action"`
}

var dingtalkColors = map[Style]string{Primary: "blue", Normal: "gray", Danger: "red"}

// DingTalk renders the card as the cardParamMap of [MarkdownButtons]. Every value keeps the
// platform's limit of 1 KB. All keys are always there, so that the result also serves as an update
// of an earlier state of the card.
func DingTalk(c *Card) map[string]string {
	tips := c.say()
	if tips != "" {
		tips = "也可以" + strings.TrimPrefix(tips, "请")
	}
	return map[string]string{
		"title":             clipBytes(c.heading(), dingtalkValue),
		"markdown":          dingtalkMarkdown(c),
		"tips":              clipBytes(tips, dingtalkValue),
		"sys_full_json_obj": dingtalkActions(c),
	}
}

// br ends a line within a paragraph of DingTalk's markdown.
const br = "  \n"

func dingtalkMarkdown(c *Card) string {
	var head []string
	if c.Settled != "" {
		head = append(head, "**"+escape(c.Settled)+"**")
	}
	if c.Desc != "" {
		head = append(head, escape(c.Desc))
	}
	if c.Amount != "" {
		head = append(head, "**合计 "+escape(c.Amount)+"**")
	}
	for _, f := range c.Fields {
		if f.Value != "" {
			head = append(head, escape(f.Name+"："+oneLine(f.Value)))
		}
	}
	var tail string
	if c.Question != "" {
		tail = "\n\n**" + strings.ReplaceAll(escape(c.Question), "\n", "**"+br+"**") + "**"
	}
	if c.Link != nil {
		tail += "\n\n[" + escape(c.Link.Text) + "](" + c.Link.URL + ")"
	}
	if len(tail) > dingtalkValue/2 {
		tail = clipBytes("\n\n"+escape(c.Question), dingtalkValue/2)
	}
	top := clipBytes(strings.Join(head, br), dingtalkValue-len(tail))
	if len(c.Lines) == 0 {
		return top + tail
	}
	lines := make([]string, len(c.Lines))
	for i, l := range c.Lines {
		lines[i] = escape(l)
	}
	if shown := fitLines(lines, br, dingtalkValue-len(top)-len(tail)-2, byteCount); shown != "" {
		top += "\n\n" + shown
	}
	return top + tail
}

func dingtalkActions(c *Card) string {
	buttons := make([]dingtalkButton, 0, len(c.Buttons))
	if c.Settled == "" {
		for _, b := range c.Buttons {
			color := dingtalkColors[b.Style]
			if color == "" {
				color = dingtalkColors[Normal]
			}
			buttons = append(buttons, dingtalkButton{
				Text: b.Text, Color: color, ID: b.Action, Request: true, Params: dingtalkParams{b.Action},
			})
		}
	}
	for {
		s := string(encode(dingtalkButtons{buttons}))
		if len(s) <= dingtalkValue || len(buttons) == 0 {
			return s
		}
		// The last button is the way out (取消); what goes can be said in words.
		i := max(len(buttons)-2, 0)
		buttons = slices.Delete(buttons, i, i+1)
	}
}

// markup is what markdown would take for more than its letters.
var markup = regexp.MustCompile("[*`~\\\\]|\\]\\(|^[ \\t]*(?:[#>+-]|\\d+[.)])[ \\t]|<")

// escape keeps people's words from becoming markup, links above all.
func escape(s string) string {
	return markup.ReplaceAllStringFunc(s, func(m string) string {
		switch {
		case m == "](":
			return `]\(`
		case len(m) == 1:
			return `\` + m
		default: // the start of a heading, quotation or list
			return strings.TrimLeft(m[:len(m)-2], " \t") + `\` + m[len(m)-2:]
		}
	})
}
