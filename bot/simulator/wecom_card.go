package simulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// templateCard is a template_card, in its JSON and in its XML form; empty parts are nil.
type templateCard struct {
	CardType     string      `json:"card_type" xml:"CardType"`
	Source       *cardSource `json:"source,omitempty" xml:"Source"`
	ActionMenu   *cardMenu   `json:"action_menu,omitempty" xml:"ActionMenu"`
	TaskID       string      `json:"task_id,omitempty" xml:"TaskId"`
	MainTitle    *cardTitle  `json:"main_title,omitempty" xml:"MainTitle"`
	QuoteArea    *cardQuote  `json:"quote_area,omitempty" xml:"QuoteArea"`
	Emphasis     *cardTitle  `json:"emphasis_content,omitempty" xml:"EmphasisContent"`
	SubTitleText string      `json:"sub_title_text,omitempty" xml:"SubTitleText"`

	HorizontalContentList []cardRow   `json:"horizontal_content_list,omitempty" xml:"HorizontalContentList"`
	JumpList              []cardJump  `json:"jump_list,omitempty" xml:"JumpList"`
	CardAction            *cardJump   `json:"card_action,omitempty" xml:"CardAction"`
	CardImage             *cardImage  `json:"card_image,omitempty" xml:"CardImage"`
	ImageTextArea         *cardPict   `json:"image_text_area,omitempty" xml:"ImageTextArea"`
	VerticalContentList   []cardTitle `json:"vertical_content_list,omitempty" xml:"VerticalContentList"`

	ButtonSelection *cardSelect  `json:"button_selection,omitempty" xml:"ButtonSelection"`
	ButtonList      []cardButton `json:"button_list,omitempty" xml:"ButtonList"`
	CheckBox        *cardSelect  `json:"checkbox,omitempty" xml:"CheckBox"`
	SelectList      []cardSelect `json:"select_list,omitempty" xml:"SelectList"`
	SubmitButton    *cardButton  `json:"submit_button,omitempty" xml:"SubmitButton"`
	ReplaceText     string       `json:"replace_text,omitempty" xml:"ReplaceText"`
}

type cardSource struct {
	IconURL   string `json:"icon_url,omitempty" xml:"IconUrl"`
	Desc      string `json:"desc,omitempty" xml:"Desc"`
	DescColor int    `json:"desc_color,omitempty" xml:"DescColor"`
}

type cardMenu struct {
	Desc       string       `json:"desc,omitempty" xml:"Desc"`
	ActionList []cardButton `json:"action_list" xml:"ActionList" need:""`
}

type cardTitle struct {
	Title string `json:"title,omitempty" xml:"Title"`
	Desc  string `json:"desc,omitempty" xml:"Desc"`
}

type cardQuote struct {
	Type      int    `json:"type,omitempty" xml:"Type"`
	URL       string `json:"url,omitempty" xml:"Url"`
	AppID     string `json:"appid,omitempty" xml:"AppId"`
	PagePath  string `json:"pagepath,omitempty" xml:"PagePath"`
	Title     string `json:"title,omitempty" xml:"Title"`
	QuoteText string `json:"quote_text,omitempty" xml:"QuoteText"`
}

type cardRow struct {
	Type    int    `json:"type,omitempty" xml:"Type"`
	KeyName string `json:"keyname" xml:"KeyName" need:""`
	Value   string `json:"value,omitempty" xml:"Value"`
	URL     string `json:"url,omitempty" xml:"Url"`
	MediaID string `json:"media_id,omitempty" xml:"MediaId"`
	UserID  string `json:"userid,omitempty" xml:"UserId"`
}

type cardJump struct {
	Type     int    `json:"type,omitempty" xml:"Type"`
	Title    string `json:"title,omitempty" xml:"Title"`
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
}

type cardImage struct {
	URL         string  `json:"url" xml:"Url" need:""`
	AspectRatio float64 `json:"aspect_ratio,omitempty" xml:"AspectRatio"`
}

type cardPict struct {
	Type     int    `json:"type,omitempty" xml:"Type"`
	URL      string `json:"url,omitempty" xml:"Url"`
	AppID    string `json:"appid,omitempty" xml:"AppId"`
	PagePath string `json:"pagepath,omitempty" xml:"PagePath"`
	Title    string `json:"title,omitempty" xml:"Title"`
	Desc     string `json:"desc,omitempty" xml:"Desc"`
	ImageURL string `json:"image_url" xml:"ImageUrl" need:""`
}

type cardButton struct {
	Type  int    `json:"type,omitempty" xml:"Type"`
	Text  string `json:"text" xml:"Text" need:""`
	Style int    `json:"style,omitempty" xml:"Style"`
	Key   string `json:"key,omitempty" xml:"Key"`
	URL   string `json:"url,omitempty" xml:"Url"`
}

// cardSelect is a drop-down, or a set of check boxes.
type cardSelect struct {
	QuestionKey string       `json:"question_key" xml:"QuestionKey" need:""`
	Title       string       `json:"title,omitempty" xml:"Title"`
	Mode        int          `json:"mode,omitempty" xml:"Mode"`
	SelectedID  string       `json:"selected_id,omitempty" xml:"SelectedId"`
	Disable     bool         `json:"disable,omitempty" xml:"Disable"`
	OptionList  []cardOption `json:"option_list" xml:"OptionList" need:""`
}

type cardOption struct {
	ID        string `json:"id" xml:"Id" need:""`
	Text      string `json:"text" xml:"Text" need:""`
	IsChecked bool   `json:"is_checked,omitempty" xml:"IsChecked"`
}

// The card types. Vote and multiple are called so in the reply's XML as well.
const (
	cardText     = "text_notice"
	cardNews     = "news_notice"
	cardButtons  = "button_interaction"
	cardVote     = "vote_interaction"
	cardMultiple = "multiple_interaction"
)

// badCard is the code of a malformed card. The documentation gives it for card_action only; the
// other flaws of a card have no published code of their own.
const badCard = 42045

// badTaskID is the code of a task_id with wrong characters, or one that was used before.
const badTaskID = 42014

var taskIDPattern = regexp.MustCompile(`^[0-9A-Za-z_\-@]{1,128}$`)

// interactive tells whether the card has buttons of its own that call back.
func (c *templateCard) interactive() bool {
	return c.CardType == cardButtons || c.CardType == cardVote || c.CardType == cardMultiple
}

// updatable tells whether the card can be changed later: it has something that calls back.
func (c *templateCard) updatable() bool { return c.interactive() || c.ActionMenu != nil }

// validate checks the hard limits of a card: byte counts, list lengths, charsets and what each
// type needs. hasMedia tells whether an attachment exists.
func (c *templateCard) validate(hasMedia func(id string) bool) error {
	check := []func() error{
		c.checkType, c.checkParts, c.checkMenu, func() error { return c.checkRows(hasMedia) },
		c.checkJumps, c.checkSelectors, c.checkButtons,
	}
	for _, f := range check {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

func (c *templateCard) checkType() error {
	title := ""
	if c.MainTitle != nil {
		title = c.MainTitle.Title
	}
	switch c.CardType {
	case cardText:
		if title == "" && c.SubTitleText == "" {
			return refuse(badCard, "main_title.title or sub_title_text is needed")
		}
		return c.needAction()
	case cardNews:
		if title == "" {
			return refuse(badCard, "main_title.title is needed")
		}
		if c.CardImage == nil && c.ImageTextArea == nil {
			return refuse(badCard, "card_image or image_text_area is needed")
		}
		return c.needAction()
	case cardButtons:
		if title == "" && c.SubTitleText == "" {
			return refuse(badCard, "main_title.title or sub_title_text is needed")
		}
		if len(c.ButtonList) == 0 {
			return refuse(badCard, "button_list is needed")
		}
	case cardVote:
		if c.CheckBox == nil || c.SubmitButton == nil {
			return refuse(badCard, "checkbox and submit_button are needed")
		}
	case cardMultiple:
		if len(c.SelectList) == 0 || c.SubmitButton == nil {
			return refuse(badCard, "select_list and submit_button are needed")
		}
	default:
		return refuse(badCard, "invalid card_type %q", c.CardType)
	}
	return nil
}

func (c *templateCard) needAction() error {
	if c.CardAction == nil || (c.CardAction.Type != 1 && c.CardAction.Type != 2) {
		return refuse(badCard, "card_action with type 1 or 2 is needed")
	}
	return nil
}

// checkParts refuses parts that the type does not have.
func (c *templateCard) checkParts() error {
	parts := []struct {
		name  string
		given bool
		types []string
	}{
		{"emphasis_content", c.Emphasis != nil, []string{cardText}},
		{"sub_title_text", c.SubTitleText != "", []string{cardText, cardButtons}},
		{"quote_area", c.QuoteArea != nil, []string{cardText, cardNews, cardButtons}},
		{"horizontal_content_list", c.HorizontalContentList != nil, []string{cardText, cardNews, cardButtons}},
		{"jump_list", c.JumpList != nil, []string{cardText, cardNews, cardButtons}},
		{"card_action", c.CardAction != nil, []string{cardText, cardNews, cardButtons}},
		{"action_menu", c.ActionMenu != nil, []string{cardText, cardNews, cardButtons}},
		{"card_image", c.CardImage != nil, []string{cardNews}},
		{"image_text_area", c.ImageTextArea != nil, []string{cardNews}},
		{"vertical_content_list", c.VerticalContentList != nil, []string{cardNews}},
		{"button_list", c.ButtonList != nil, []string{cardButtons}},
		{"button_selection", c.ButtonSelection != nil, []string{cardButtons}},
		{"checkbox", c.CheckBox != nil, []string{cardVote}},
		{"select_list", c.SelectList != nil, []string{cardMultiple}},
		{"submit_button", c.SubmitButton != nil, []string{cardVote, cardMultiple}},
	}
	for _, p := range parts {
		if p.given && !strings.Contains(strings.Join(p.types, " "), c.CardType) {
			return refuse(badCard, "%s has no %s", c.CardType, p.name)
		}
	}
	if c.Source != nil && (c.Source.DescColor < 0 || c.Source.DescColor > 3) {
		return refuse(badCard, "source.desc_color %d", c.Source.DescColor)
	}
	if c.CardImage != nil && c.CardImage.AspectRatio != 0 && (c.CardImage.AspectRatio <= 1.3-1e-9 || c.CardImage.AspectRatio > 2.25) {
		return refuse(badCard, "card_image.aspect_ratio %g", c.CardImage.AspectRatio)
	}
	return nil
}

func (c *templateCard) checkMenu() error {
	if c.TaskID != "" && !taskIDPattern.MatchString(c.TaskID) {
		return refuse(badTaskID, "invalid task_id %q", c.TaskID)
	}
	if c.TaskID == "" && c.updatable() {
		return refuse(badTaskID, "task_id is needed")
	}
	if c.ActionMenu == nil {
		return nil
	}
	if n := len(c.ActionMenu.ActionList); n > 10 {
		return refuse(badCard, "action_menu.action_list has %d entries, at most 10", n)
	}
	return checkKeys("action_menu.action_list", c.ActionMenu.ActionList)
}

func (c *templateCard) checkRows(hasMedia func(string) bool) error {
	if n := len(c.HorizontalContentList); n > 6 {
		return refuse(badCard, "horizontal_content_list has %d entries, at most 6", n)
	}
	for i, r := range c.HorizontalContentList {
		at := fmt.Sprintf("horizontal_content_list[%d]", i)
		switch {
		case r.KeyName == "":
			return refuse(badCard, "%s.keyname is needed", at)
		case r.Type < 0 || r.Type > 3:
			return refuse(badCard, "%s.type %d", at, r.Type)
		case r.Type == 1 && r.URL == "":
			return refuse(badCard, "%s.url is needed", at)
		case r.Type == 2 && (!strings.Contains(r.Value, ".") || r.MediaID == ""):
			return refuse(badCard, "%s: an attachment needs a file name and a media_id", at)
		case r.Type == 2 && !hasMedia(r.MediaID):
			return refuse(40007, "invalid media_id in %s", at)
		case r.Type == 3 && r.UserID == "":
			return refuse(badCard, "%s.userid is needed", at)
		}
	}
	if n := len(c.VerticalContentList); n > 4 {
		return refuse(badCard, "vertical_content_list has %d entries, at most 4", n)
	}
	for i, r := range c.VerticalContentList {
		if r.Title == "" {
			return refuse(badCard, "vertical_content_list[%d].title is needed", i)
		}
	}
	return nil
}

func (c *templateCard) checkJumps() error {
	if n := len(c.JumpList); n > 3 {
		return refuse(badCard, "jump_list has %d entries, at most 3", n)
	}
	for i, j := range c.JumpList {
		if j.Title == "" {
			return refuse(badCard, "jump_list[%d].title is needed", i)
		}
		if err := checkTarget(fmt.Sprintf("jump_list[%d]", i), j.Type, j.URL, j.AppID); err != nil {
			return err
		}
	}
	if c.CardAction != nil {
		if err := checkTarget("card_action", c.CardAction.Type, c.CardAction.URL, c.CardAction.AppID); err != nil {
			return err
		}
	}
	if c.QuoteArea != nil {
		if err := checkTarget("quote_area", c.QuoteArea.Type, c.QuoteArea.URL, c.QuoteArea.AppID); err != nil {
			return err
		}
	}
	if c.ImageTextArea != nil {
		return checkTarget("image_text_area", c.ImageTextArea.Type, c.ImageTextArea.URL, c.ImageTextArea.AppID)
	}
	return nil
}

func checkTarget(at string, kind int, link, appID string) error {
	switch {
	case kind < 0 || kind > 2:
		return refuse(badCard, "%s.type %d", at, kind)
	case kind == 1 && link == "":
		return refuse(badCard, "%s.url is needed", at)
	case kind == 2 && appID == "":
		return refuse(badCard, "%s.appid is needed", at)
	}
	return nil
}

func (c *templateCard) checkSelectors() error {
	if c.ButtonSelection != nil {
		if err := checkOptions("button_selection", *c.ButtonSelection, 10); err != nil {
			return err
		}
	}
	if c.CheckBox != nil {
		if c.CheckBox.Mode != 0 && c.CheckBox.Mode != 1 {
			return refuse(badCard, "checkbox.mode %d", c.CheckBox.Mode)
		}
		if err := checkOptions("checkbox", *c.CheckBox, 20); err != nil {
			return err
		}
	}
	if n := len(c.SelectList); n > 3 {
		return refuse(badCard, "select_list has %d entries, at most 3", n)
	}
	for i, s := range c.SelectList {
		if err := checkOptions(fmt.Sprintf("select_list[%d]", i), s, 10); err != nil {
			return err
		}
	}
	return nil
}

func checkOptions(at string, s cardSelect, most int) error {
	if s.QuestionKey == "" || len(s.QuestionKey) > 1024 {
		return refuse(badCard, "%s.question_key has %d bytes, 1 to 1024", at, len(s.QuestionKey))
	}
	if n := len(s.OptionList); n < 1 || n > most {
		return refuse(badCard, "%s.option_list has %d entries, 1 to %d", at, n, most)
	}
	seen := make(map[string]bool)
	for i, o := range s.OptionList {
		if o.ID == "" || o.Text == "" || len(o.ID) > 128 || seen[o.ID] {
			return refuse(badCard, "%s.option_list[%d]: id must be unique, 1 to 128 bytes, with a text", at, i)
		}
		seen[o.ID] = true
	}
	if s.SelectedID != "" && !seen[s.SelectedID] {
		return refuse(badCard, "%s.selected_id is no option", at)
	}
	return nil
}

func (c *templateCard) checkButtons() error {
	if n := len(c.ButtonList); n > 6 {
		return refuse(badCard, "button_list has %d entries, at most 6", n)
	}
	for i, b := range c.ButtonList {
		at := fmt.Sprintf("button_list[%d]", i)
		switch {
		case b.Type != 0 && b.Type != 1:
			return refuse(badCard, "%s.type %d", at, b.Type)
		case b.Type == 1 && b.URL == "":
			return refuse(badCard, "%s.url is needed", at)
		case b.Style < 0 || b.Style > 4:
			return refuse(badCard, "%s.style %d", at, b.Style)
		}
	}
	if err := checkKeys("button_list", c.ButtonList); err != nil {
		return err
	}
	if c.SubmitButton != nil {
		return checkKeys("submit_button", []cardButton{*c.SubmitButton})
	}
	return nil
}

// checkKeys checks the keys of buttons that call back.
func checkKeys(at string, list []cardButton) error {
	seen := make(map[string]bool)
	for i, b := range list {
		if b.Text == "" {
			return refuse(badCard, "%s[%d].text is needed", at, i)
		}
		if b.Type == 1 {
			continue
		}
		if b.Key == "" || len(b.Key) > 1024 {
			return refuse(badCard, "%s[%d].key has %d bytes, 1 to 1024", at, i, len(b.Key))
		}
		if seen[b.Key] {
			return refuse(badCard, "%s[%d].key is there twice", at, i)
		}
		seen[b.Key] = true
	}
	return nil
}

// draw puts the card into b as the client shows it.
func (c *templateCard) draw(b *Bubble) {
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // a card has nothing that JSON lacks
	}
	b.Kind, b.Card, b.TaskID = "card", raw, c.TaskID
	b.Title, b.URL, b.Settled = "", "", c.ReplaceText
	b.Buttons, b.Selectors = nil, nil
	var lines []string
	line := func(text ...string) {
		if t := strings.TrimSpace(strings.Join(text, "")); t != "" && t != "：" {
			lines = append(lines, t)
		}
	}
	if c.MainTitle != nil {
		b.Title = c.MainTitle.Title
		line(c.MainTitle.Desc)
	}
	if c.Emphasis != nil {
		line(c.Emphasis.Title, " ", c.Emphasis.Desc)
	}
	line(c.SubTitleText)
	if c.QuoteArea != nil {
		line(c.QuoteArea.Title)
		line(c.QuoteArea.QuoteText)
	}
	if c.ImageTextArea != nil {
		line(c.ImageTextArea.Title)
		line(c.ImageTextArea.Desc)
	}
	for _, r := range c.HorizontalContentList {
		line(r.KeyName, "：", r.Value)
	}
	for _, r := range c.VerticalContentList {
		line(r.Title, " ", r.Desc)
	}
	b.Text = strings.Join(lines, "\n")
	if c.CardAction != nil && c.CardAction.Type == 1 {
		b.URL = c.CardAction.URL
	}
	c.drawButtons(b)
	b.Cut = c.shortened()
}

func (c *templateCard) drawButtons(b *Bubble) {
	if c.ButtonSelection != nil {
		b.Selectors = append(b.Selectors, c.ButtonSelection.selector(false))
	}
	if c.CheckBox != nil {
		b.Selectors = append(b.Selectors, c.CheckBox.selector(c.CheckBox.Mode == 1))
	}
	for _, s := range c.SelectList {
		b.Selectors = append(b.Selectors, s.selector(false))
	}
	buttons := c.ButtonList
	if c.SubmitButton != nil {
		buttons = []cardButton{*c.SubmitButton}
	}
	if c.ReplaceText == "" {
		for _, x := range buttons {
			out := Button{Text: x.Text, Style: fmt.Sprint(x.Style)}
			if x.Type == 1 {
				out.URL = x.URL
			} else {
				out.ID = x.Key
			}
			b.Buttons = append(b.Buttons, out)
		}
	}
	if c.ActionMenu != nil {
		for _, x := range c.ActionMenu.ActionList {
			b.Buttons = append(b.Buttons, Button{ID: x.Key, Text: x.Text, Menu: true})
		}
	}
	for _, j := range c.JumpList {
		b.Buttons = append(b.Buttons, Button{Text: j.Title, URL: j.URL})
	}
}

func (s cardSelect) selector(multiple bool) Selector {
	out := Selector{QuestionKey: s.QuestionKey, Title: s.Title, Multiple: multiple, Disabled: s.Disable}
	for _, o := range s.OptionList {
		out.Options = append(out.Options, Button{ID: o.ID, Text: o.Text})
	}
	return out
}

// shortened names the texts that exceed the suggested number of characters and so are cut by the
// client.
func (c *templateCard) shortened() []string {
	var out []string
	over := func(name, text string, most int) {
		if n := utf8.RuneCountInString(text); n > most {
			out = append(out, fmt.Sprintf("%s: %d characters, %d shown", name, n, most))
		}
	}
	if c.Source != nil {
		over("source.desc", c.Source.Desc, 20)
	}
	if c.MainTitle != nil {
		over("main_title.title", c.MainTitle.Title, 36)
		over("main_title.desc", c.MainTitle.Desc, 44)
	}
	over("sub_title_text", c.SubTitleText, 160)
	if c.Emphasis != nil {
		over("emphasis_content.title", c.Emphasis.Title, 14)
		over("emphasis_content.desc", c.Emphasis.Desc, 22)
	}
	for i, r := range c.HorizontalContentList {
		over(fmt.Sprintf("horizontal_content_list[%d].keyname", i), r.KeyName, 5)
		over(fmt.Sprintf("horizontal_content_list[%d].value", i), r.Value, 30)
	}
	for i, r := range c.VerticalContentList {
		over(fmt.Sprintf("vertical_content_list[%d].title", i), r.Title, 38)
		over(fmt.Sprintf("vertical_content_list[%d].desc", i), r.Desc, 160)
	}
	for i, j := range c.JumpList {
		over(fmt.Sprintf("jump_list[%d].title", i), j.Title, 18)
	}
	for i, b := range c.ButtonList {
		over(fmt.Sprintf("button_list[%d].text", i), b.Text, 10)
	}
	if c.SubmitButton != nil {
		over("submit_button.text", c.SubmitButton.Text, 10)
	}
	for i, s := range c.SelectList {
		over(fmt.Sprintf("select_list[%d].title", i), s.Title, 13)
	}
	for _, s := range []*cardSelect{c.ButtonSelection, c.CheckBox} {
		if s == nil {
			continue
		}
		for i, o := range s.OptionList {
			over(fmt.Sprintf("option_list[%d].text", i), o.Text, 17)
		}
	}
	return out
}
