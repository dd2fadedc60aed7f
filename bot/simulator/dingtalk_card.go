package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The public card templates that every organisation can use.
const (
	TemplateMarkdownButtons = "1366a1eb-bc54-4859-ac88-517c56a9acb1.schema"
	TemplateMarkdown        = "589420e2-c1e2-46ef-a5ed-b8728e654da9.schema"
	TemplateAIMarkdown      = "382e4302-551d-4880-bf29-a30acfab2e71.schema"

	cardKeyLimit   = 100  // bytes
	cardValueLimit = 1024 // bytes
)

// dingCard is one card instance.
type dingCard struct {
	id         string // outTrackId
	template   string
	callback   string // STREAM, HTTP or ""
	public     map[string]string
	private    map[string]map[string]string // by user
	byUnionID  bool
	lastText   string
	bubbles    map[string]*Bubble // by user
	spaces     map[string]bool    // where it was delivered
	clicksOpen int                // clicks that wait for their answer
}

// AddTemplate makes a card template of the organisation's own. Its buttons are fixed; a non-empty
// variable status hides them.
func (d *DingTalk) AddTemplate(id string, buttons ...Button) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.templates[id] = buttons
}

type cardData struct {
	CardParamMap map[string]string `json:"cardParamMap"`
}

type spaceModel struct {
	SupportForward    *bool             `json:"supportForward" need:""`
	LastMessageI18n   map[string]string `json:"lastMessageI18n"`
	SearchSupport     *searchSupport    `json:"searchSupport"`
	Notification      *cardNotification `json:"notification"`
	InteractiveSwitch string            `json:"interactive"`
}

type searchSupport struct {
	SearchIcon     string `json:"searchIcon"`
	SearchTypeName string `json:"searchTypeName"`
	SearchDesc     string `json:"searchDesc"`
}

type cardNotification struct {
	AlertContent    string `json:"alertContent"`
	NotificationOff bool   `json:"notificationOff"`
}

type deliverModel struct {
	SpaceType  string            `json:"spaceType"`
	RobotCode  string            `json:"robotCode"`
	AtUserIDs  map[string]string `json:"atUserIds"`
	Recipients []string          `json:"recipients"`
	Extension  map[string]string `json:"extension"`
}

// cardCreation are the fields of creating a card.
type cardCreation struct {
	CardTemplateID         string              `json:"cardTemplateId"`
	OutTrackID             string              `json:"outTrackId"`
	CallbackType           string              `json:"callbackType"`
	CallbackRouteKey       string              `json:"callbackRouteKey"`
	CardData               *cardData           `json:"cardData"`
	PrivateData            map[string]cardData `json:"privateData"`
	UserID                 string              `json:"userId"`
	UserIDType             int                 `json:"userIdType"`
	IMGroupOpenSpaceModel  *spaceModel         `json:"imGroupOpenSpaceModel"`
	IMRobotOpenSpaceModel  *spaceModel         `json:"imRobotOpenSpaceModel"`
	IMSingleOpenSpaceModel *spaceModel         `json:"imSingleOpenSpaceModel"`
	CardAtUserIDs          []string            `json:"cardAtUserIds"`
}

// cardDelivery are the fields of delivering a card.
type cardDelivery struct {
	OpenSpaceID             string        `json:"openSpaceId"`
	IMGroupOpenDeliverModel *deliverModel `json:"imGroupOpenDeliverModel"`
	IMRobotOpenDeliverModel *deliverModel `json:"imRobotOpenDeliverModel"`
}

// checkVariables checks keys and values of a card: at most 100 bytes and 1 KiB.
func checkVariables(m map[string]string) error {
	for _, k := range sortedKeys(m) {
		if k == "" || len(k) > cardKeyLimit {
			return param("param.cardParamMapKeyInvalid", "key of %d bytes, at most %d", len(k), cardKeyLimit)
		}
		if len(m[k]) > cardValueLimit {
			return param("param.cardParamMapValueInvalid", "%s has %d bytes, at most %d", k, len(m[k]), cardValueLimit)
		}
		if k == "sys_full_json_obj" && !json.Valid([]byte(m[k])) {
			return param("param.cardParamMapValueInvalid", "%s is no JSON", k)
		}
	}
	return nil
}

// create makes the card of in, or leaves a known one as it is. The caller holds the lock.
func (d *DingTalk) create(in *cardCreation) (*dingCard, error) {
	_, own := d.templates[in.CardTemplateID]
	public := slices.Contains([]string{TemplateMarkdownButtons, TemplateMarkdown, TemplateAIMarkdown}, in.CardTemplateID)
	switch {
	case in.CardTemplateID == "":
		return nil, param("param.cardTemplateIdEmpty", "cardTemplateId is empty")
	case in.OutTrackID == "":
		return nil, param("param.outTrackIdEmpty", "outTrackId is empty")
	case !own && !public:
		return nil, param("param.cardTemplateNotExist", "card template %q does not exist", in.CardTemplateID)
	case in.CardData == nil || in.CardData.CardParamMap == nil:
		return nil, param("param.cardPublicDataEmpty", "cardData.cardParamMap is empty")
	case in.CallbackType != "" && in.CallbackType != "STREAM" && in.CallbackType != "HTTP":
		return nil, param("param.error", "callbackType %q", in.CallbackType)
	case in.CallbackType == "HTTP" && in.CallbackRouteKey == "":
		return nil, param("param.empty", "callbackRouteKey")
	case in.UserIDType < 0 || in.UserIDType > 2:
		return nil, param("param.error", "userIdType %d", in.UserIDType)
	}
	if err := checkVariables(in.CardData.CardParamMap); err != nil {
		return nil, err
	}
	if old := d.cards[in.OutTrackID]; old != nil {
		return old, nil // created again: without effect
	}
	card := &dingCard{
		id: in.OutTrackID, template: in.CardTemplateID, callback: in.CallbackType, public: maps.Clone(in.CardData.CardParamMap),
		private: make(map[string]map[string]string), byUnionID: in.UserIDType == 2, bubbles: make(map[string]*Bubble),
		spaces: make(map[string]bool),
	}
	for u, data := range in.PrivateData {
		if err := checkVariables(data.CardParamMap); err != nil {
			return nil, err
		}
		user := d.user(u)
		if user == "" {
			return nil, param("param.userIdNotExist", "privateData: no such user %q", u)
		}
		card.private[user] = maps.Clone(data.CardParamMap)
	}
	for _, m := range []*spaceModel{in.IMGroupOpenSpaceModel, in.IMRobotOpenSpaceModel} {
		if m != nil && m.LastMessageI18n["ZH_CN"] != "" {
			card.lastText = m.LastMessageI18n["ZH_CN"]
		}
	}
	d.cards[card.id] = card
	return card, nil
}

// user returns the userId for a userId or a unionId, "" if there is none.
func (d *DingTalk) user(id string) string {
	if d.people[id] != nil {
		return id
	}
	for u, p := range d.people {
		if p.unionID == id {
			return u
		}
	}
	return ""
}

// deliver shows the card in the spaces of in and returns deliverResults. Spaces are checked
// before anything is shown; what only concerns one receiver fails in its own result. The caller
// holds the lock.
func (d *DingTalk) deliver(c *apiCall, card *dingCard, in *cardDelivery, models *cardCreation) (results []any, touched []string, err error) {
	if in.OpenSpaceID == "" {
		return nil, nil, param("param.openSpaceModelInvalid", "openSpaceId is empty")
	}
	type target struct{ space, kind, id string }
	var targets []target
	for space := range strings.SplitSeq(in.OpenSpaceID, ";") {
		rest, ok := strings.CutPrefix(space, "dtv1.card//")
		kind, id, found := strings.Cut(rest, ".")
		if !ok || !found || id == "" {
			return nil, nil, param("param.openSpaceModelInvalid", "openSpaceId %q", space)
		}
		switch kind {
		case "IM_ROBOT":
			m := in.IMRobotOpenDeliverModel
			if m == nil || m.SpaceType != "IM_ROBOT" || (models != nil && models.IMRobotOpenSpaceModel == nil) {
				return nil, nil, param("param.openSpaceModelInvalid", "IM_ROBOT needs imRobotOpenSpaceModel, and imRobotOpenDeliverModel with its spaceType")
			}
			if m.RobotCode != "" && m.RobotCode != d.cred.RobotCode {
				return nil, nil, param("param.error", "robotCode %q is no robot of this app", m.RobotCode)
			}
		case "IM_GROUP":
			m := in.IMGroupOpenDeliverModel
			if m == nil || m.RobotCode != d.cred.RobotCode || (models != nil && models.IMGroupOpenSpaceModel == nil) {
				return nil, nil, param("param.openSpaceModelInvalid", "IM_GROUP needs imGroupOpenSpaceModel, and imGroupOpenDeliverModel with the robotCode")
			}
		default:
			return nil, nil, param("param.openSpaceModelInvalid", "space type %q is not simulated", kind)
		}
		targets = append(targets, target{space, kind, id})
	}
	results = []any{}
	for _, t := range targets {
		users, reason := d.receivers(t.kind, t.id, in)
		if c.refused != "" {
			reason = c.refused
		}
		if reason != "" {
			results = append(results, map[string]any{
				"spaceType": t.kind, "spaceId": t.id, "success": false, "carrierId": "", "errorMsg": reason,
			})
			continue
		}
		if !card.spaces[t.space] {
			card.spaces[t.space] = true
			for _, u := range users {
				if card.bubbles[u] == nil {
					card.bubbles[u] = d.screens.add(u, Bubble{ID: card.id, From: FromBot, Time: c.now, Chat: d.chatOf(t.kind, t.id)})
				}
				d.draw(card, u)
				touched = append(touched, u)
			}
		}
		results = append(results, map[string]any{
			"spaceType": t.kind, "spaceId": t.id, "success": true, "carrierId": d.sim.word(24), "errorMsg": "",
		})
	}
	return results, touched, nil
}

// receivers returns who sees a card in a space, or why nobody does.
func (d *DingTalk) receivers(kind, id string, in *cardDelivery) (users []string, reason string) {
	if kind == "IM_ROBOT" {
		u := d.user(id)
		if u == "" {
			return nil, "userId not exist"
		}
		return []string{u}, ""
	}
	g := d.groups[id]
	if g == nil {
		return nil, "openConversationId not exist"
	}
	users = g.members
	if only := in.IMGroupOpenDeliverModel.Recipients; len(only) > 0 {
		users = slices.DeleteFunc(slices.Clone(users), func(u string) bool { return !slices.Contains(only, u) })
	}
	return users, ""
}

func (d *DingTalk) chatOf(kind, id string) string {
	if p := d.people[d.user(id)]; kind == "IM_ROBOT" && p != nil {
		return p.chat
	}
	return id
}

// cardCreateAndDeliver is POST /v1.0/card/instances/createAndDeliver.
func (d *DingTalk) cardCreateAndDeliver(c *apiCall) answer {
	var in struct {
		cardCreation
		cardDelivery
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(cardBodyError(err))
	}
	d.mu.Lock()
	card := d.cards[in.OutTrackID]
	known := card != nil
	card, err := d.create(&in.cardCreation)
	var results []any
	var touched []string
	if err == nil {
		results, touched, err = d.deliver(c, card, &in.cardDelivery, &in.cardCreation)
		if err != nil && !known {
			delete(d.cards, in.OutTrackID)
		}
	}
	d.mu.Unlock()
	if err != nil {
		return d.bad(err)
	}
	d.touch(touched)
	return jsonAnswer(map[string]any{"success": true, "result": map[string]any{
		"outTrackId": in.OutTrackID, "deliverResults": results,
	}})
}

// cardBodyError gives a space model without supportForward its code.
func cardBodyError(err error) error {
	if b, is := errors.AsType[*bodyError](err); is && b.flaw == flawMissing && strings.Contains(b.field, "SpaceModel") {
		return param("param.openSpaceModelInvalid", "%v", b)
	}
	return err
}

// cardCreate is POST /v1.0/card/instances.
func (d *DingTalk) cardCreate(c *apiCall) answer {
	var in cardCreation
	if err := decode(c.body, &in); err != nil {
		return d.bad(cardBodyError(err))
	}
	d.mu.Lock()
	_, err := d.create(&in)
	d.mu.Unlock()
	if err != nil {
		return d.bad(err)
	}
	return jsonAnswer(map[string]any{"success": true, "result": in.OutTrackID})
}

// cardDeliver is POST /v1.0/card/instances/deliver.
func (d *DingTalk) cardDeliver(c *apiCall) answer {
	var in struct {
		OutTrackID string `json:"outTrackId"`
		UserIDType int    `json:"userIdType"`
		cardDelivery
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	d.mu.Lock()
	card := d.cards[in.OutTrackID]
	if card == nil {
		d.mu.Unlock()
		return d.bad(unknownCard(in.OutTrackID))
	}
	results, touched, err := d.deliver(c, card, &in.cardDelivery, nil)
	d.mu.Unlock()
	if err != nil {
		return d.bad(err)
	}
	d.touch(touched)
	return jsonAnswer(map[string]any{"success": true, "result": results})
}

// unknownCard is the error of an outTrackId that is empty or no card; the second has no published
// name.
func unknownCard(outTrackID string) error {
	if outTrackID == "" {
		return param("param.outTrackIdEmpty", "outTrackId is empty")
	}
	return param("param.cardNotExist", "no card %q", outTrackID)
}

type updateOptions struct {
	UpdateCardDataByKey    bool `json:"updateCardDataByKey"`
	UpdatePrivateDataByKey bool `json:"updatePrivateDataByKey"`
}

// cardUpdate is PUT /v1.0/card/instances. Without updateCardDataByKey the given variables replace
// all.
func (d *DingTalk) cardUpdate(c *apiCall) answer {
	var in struct {
		OutTrackID        string              `json:"outTrackId"`
		CardData          *cardData           `json:"cardData"`
		PrivateData       map[string]cardData `json:"privateData"`
		CardUpdateOptions *updateOptions      `json:"cardUpdateOptions"`
		UserIDType        int                 `json:"userIdType"`
	}
	if err := decode(c.body, &in); err != nil {
		return d.bad(err)
	}
	private := make(map[string]map[string]string)
	d.mu.Lock()
	card := d.cards[in.OutTrackID]
	err := func() error {
		if card == nil {
			return unknownCard(in.OutTrackID)
		}
		if in.CardData == nil && in.PrivateData == nil {
			return param("param.empty", "cardData and privateData")
		}
		for u, data := range in.PrivateData {
			user := d.user(u)
			if user == "" {
				return param("param.userIdNotExist", "privateData: no such user %q", u)
			}
			private[user] = data.CardParamMap
		}
		return d.change(card, in.CardData, private, in.CardUpdateOptions)
	}()
	var touched []string
	if err == nil {
		if card.clicksOpen > 0 {
			d.racing++
		}
		touched = sortedKeys(card.bubbles)
	}
	d.mu.Unlock()
	if err != nil {
		return d.bad(err)
	}
	d.touch(touched)
	return jsonAnswer(map[string]any{"success": true, "result": true})
}

// change applies new variables to card and draws it anew. The caller holds the lock.
func (d *DingTalk) change(card *dingCard, public *cardData, private map[string]map[string]string, o *updateOptions) error {
	if o == nil {
		o = &updateOptions{}
	}
	if public != nil {
		if err := checkVariables(public.CardParamMap); err != nil {
			return err
		}
	}
	for _, m := range private {
		if err := checkVariables(m); err != nil {
			return err
		}
	}
	merge := func(old, given map[string]string, byKey bool) map[string]string {
		if !byKey || old == nil {
			old = make(map[string]string)
		}
		maps.Copy(old, given)
		return old
	}
	if public != nil {
		card.public = merge(card.public, public.CardParamMap, o.UpdateCardDataByKey)
	}
	for u, m := range private {
		card.private[u] = merge(card.private[u], m, o.UpdatePrivateDataByKey)
	}
	for u, b := range card.bubbles {
		d.draw(card, u)
		b.Updates++
	}
	return nil
}

// dingButton is a button of the public template.
type dingButton struct {
	Text       string         `json:"text"`
	Color      string         `json:"color"`
	ID         string         `json:"id"`
	Request    bool           `json:"request"`
	Params     map[string]any `json:"params"`
	URL        string         `json:"url"`
	IosURL     string         `json:"iosUrl"`
	ActionType string         `json:"actionType"`
}

// variables are those of card as user sees them.
func (card *dingCard) variables(user string) map[string]string {
	all := maps.Clone(card.public)
	maps.Copy(all, card.private[user])
	return all
}

// msgButtons are the buttons in sys_full_json_obj.
func msgButtons(vars map[string]string) []dingButton {
	var full struct {
		MsgButtons []dingButton `json:"msgButtons"`
	}
	_ = json.Unmarshal([]byte(vars["sys_full_json_obj"]), &full) // checked when it was set; empty is none
	return full.MsgButtons
}

// draw shows the card to user as it is now.
func (d *DingTalk) draw(card *dingCard, user string) {
	b := card.bubbles[user]
	vars := card.variables(user)
	raw, err := json.Marshal(vars)
	if err != nil {
		panic(err) // strings only
	}
	b.Kind, b.TaskID, b.TemplateID, b.Card = "card", card.id, card.template, raw
	b.Title, b.Text, b.Buttons = vars["title"], vars["markdown"], nil
	if b.Text == "" {
		var lines []string
		for _, k := range sortedKeys(vars) {
			if k != "title" && k != "sys_full_json_obj" && vars[k] != "" {
				lines = append(lines, k+"："+vars[k])
			}
		}
		b.Text = strings.Join(lines, "\n")
	}
	for _, x := range msgButtons(vars) {
		out := Button{Text: x.Text, Style: x.Color, URL: x.URL}
		if x.Request || x.ActionType == "callback" {
			out.ID = x.buttonID()
		}
		b.Buttons = append(b.Buttons, out)
	}
	if vars["status"] == "" {
		b.Buttons = append(b.Buttons, d.templates[card.template]...)
	}
}

// buttonID is the action of a button: its id, or the action in its params.
func (x dingButton) buttonID() string {
	if x.ID != "" {
		return x.ID
	}
	action, _ := x.Params["action"].(string)
	return action
}

// ClickShape is one of the forms in which a click has been seen to arrive.
type ClickShape int

// The forms of a click.
const (
	ClickDocumented   ClickShape = iota // cardPrivateData.actionIds and params
	ClickTopLevel                       // actionId beside content, params in userPrivateData
	ClickParamsOnly                     // params alone, no action id
	ClickParamsBeside                   // actionIds in cardPrivateData, params beside it
)

// Shaped lets a click arrive in another form.
func Shaped(c ClickShape) SendOption { return func(s *sending) { s.shape = c } }

// Click lets the person press the button actionID of the card outTrackID, waits for the server's
// answer and shows what it says. An answer after 2 s is counted and not shown.
func (d *DingTalk) Click(ctx context.Context, userID, outTrackID, actionID string, opts ...SendOption) Push {
	set := d.sim.sending(opts)
	d.mu.Lock()
	card, p := d.cards[outTrackID], d.people[userID]
	if p == nil || card == nil {
		d.mu.Unlock()
		return Push{Err: ErrNobody}
	}
	var seen bool
	if b := card.bubbles[userID]; b != nil {
		_, seen = b.button(actionID)
	}
	if !seen && !set.forced {
		d.mu.Unlock()
		return Push{Err: ErrNotOnScreen}
	}
	if card.callback != "STREAM" {
		d.mu.Unlock()
		return Push{Err: fmt.Errorf("the card's callbackType is %q: clicks do not come over Stream", card.callback)}
	}
	params := map[string]any{}
	for _, x := range msgButtons(card.variables(userID)) {
		if x.buttonID() == actionID && x.Params != nil {
			params = x.Params
		}
	}
	chat := p.chat
	if b := card.bubbles[userID]; b != nil {
		chat = b.Chat
	}
	body := card.click(p, actionID, params, chat, set.shape)
	body["corpId"] = d.cred.CorpID
	card.clicksOpen++
	d.mu.Unlock()

	data, err := json.Marshal(body)
	if err != nil {
		return Push{Err: err}
	}
	policy, _ := d.sim.dist.now()
	out := d.pushClick(ctx, card, userID, string(data))
	for range max(1, policy.Copies) - 1 {
		out.Copies = append(out.Copies, d.pushClick(ctx, card, userID, string(data)))
	}
	d.mu.Lock()
	card.clicksOpen--
	d.mu.Unlock()
	return out
}

// click is the body of a card callback.
func (card *dingCard) click(p *person, action string, params map[string]any, chat string, shape ClickShape) map[string]any {
	body := map[string]any{
		"type": "actionCallback", "outTrackId": card.id, "userId": p.userID, "userIdType": 1,
		"spaceType": "IM", "spaceId": chat, "extension": "{}",
	}
	if card.byUnionID {
		body["userId"], body["userIdType"] = p.unionID, 2
	}
	var content map[string]any
	switch shape {
	case ClickTopLevel:
		body["actionId"] = action
		content = map[string]any{"userPrivateData": map[string]any{"params": params}}
	case ClickParamsOnly:
		content = map[string]any{"cardPrivateData": map[string]any{"params": params}}
	case ClickParamsBeside:
		content = map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{action}}, "params": params}
	default:
		content = map[string]any{"cardPrivateData": map[string]any{"actionIds": []string{action}, "params": params}}
	}
	text, err := json.Marshal(content)
	if err != nil {
		panic(err) // it came from JSON
	}
	body["content"] = string(text)
	return body
}

// pushClick pushes one click and applies its answer.
func (d *DingTalk) pushClick(ctx context.Context, card *dingCard, userID, data string) Push {
	p := d.gate.push(ctx, "CALLBACK", TopicCard, data, nil, clickPatience)
	if errors.Is(p.Err, ErrNotConnected) {
		return p
	}
	if !p.Acked || p.Ack.Latency > clickLimit {
		p.Late = true
		d.mu.Lock()
		d.lateClicks++
		d.mu.Unlock()
		return p
	}
	if p.Ack.Code != http.StatusOK {
		p.Err = fmt.Errorf("click answered with code %d", p.Ack.Code)
		return p
	}
	p.Err = d.applyClick(card, userID, p.Ack.Data)
	return p
}

// applyClick shows what the answer to a click says.
func (d *DingTalk) applyClick(card *dingCard, userID, data string) error {
	var in struct {
		Response *struct {
			CardUpdateOptions *updateOptions `json:"cardUpdateOptions"`
			CardData          *cardData      `json:"cardData"`
			UserPrivateData   *cardData      `json:"userPrivateData"`
		} `json:"response" need:""`
	}
	if data == "" {
		return errors.New("the answer to a click has no data")
	}
	if err := decode([]byte(data), &in); err != nil {
		if b, is := errors.AsType[*bodyError](err); is && b.flaw == flawMissing {
			return nil // an empty response leaves the card as it is
		}
		return fmt.Errorf("answer to a click: %w", err)
	}
	r := in.Response
	if r.CardData == nil && r.UserPrivateData == nil {
		return nil
	}
	private := make(map[string]map[string]string)
	if r.UserPrivateData != nil && r.UserPrivateData.CardParamMap != nil {
		private[userID] = r.UserPrivateData.CardParamMap
	}
	d.mu.Lock()
	err := d.change(card, r.CardData, private, r.CardUpdateOptions)
	touched := sortedKeys(card.bubbles)
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("answer to a click: %w", err)
	}
	d.touch(touched)
	return nil
}

// Card returns the variables of the card outTrackID as the person sees them now.
func (d *DingTalk) Card(userID, outTrackID string) (vars map[string]string, found bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	card := d.cards[outTrackID]
	if card == nil {
		return nil, false
	}
	return card.variables(userID), true
}

// botPatience is how long the answer to a bot message is waited for.
const botPatience = 5 * time.Second
