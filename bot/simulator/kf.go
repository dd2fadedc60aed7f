package simulator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of 微信客服.
const (
	kfWindow     = 48 * time.Hour
	kfPerMessage = 5
	kfHistory    = 3 * 24 * time.Hour
	kfTokenLife  = 10 * time.Minute
	welcomeLife  = 20 * time.Second
	kfFileLimit  = 20 << 20
	kfImageLimit = 2 << 20
	kfNoToken    = 10 // sync_msg calls a minute without a callback's token; the real number is not published
)

// Service states of a conversation.
const (
	stateNew = iota
	stateAssistant
	stateQueue
	stateHuman
	stateEnded
)

// KF is 微信客服: people in WeChat write to one account, the server pulls. Its API is documented
// at https://developer.work.weixin.qq.com/document/path/94638 and is served on the WeCom host.
type KF struct {
	sim  *Simulator
	cred KFCredentials
	cb   *callback

	mu        sync.Mutex
	customers map[string]*customer
	log       []kfMessage
	screens   screens
	pullKeys  map[string]time.Time // tokens of callbacks, by time of issue
	unkeyed   window
	scenes    map[string]string // link by scene
	msgIDs    map[string]bool   // of send_msg
	welcomes  map[string]*welcome
	empty     int // empty pages still to be served
	failNext  []int
}

// customer is one person in WeChat.
type customer struct {
	id       string
	name     string
	unionID  string
	scene    string
	param    string
	state    int
	lastSaid time.Time
	quota    int // messages that may still be sent
	spoken   bool
}

type welcome struct {
	customer string
	issued   time.Time
	used     bool
}

// kfMessage is one item of sync_msg.
type kfMessage struct {
	at   time.Time // when it came, whatever its own time
	body map[string]any
}

func newKF(s *Simulator) *KF {
	k := &KF{
		sim: s, cred: s.cred.WeCom.KF, customers: make(map[string]*customer), screens: make(screens),
		pullKeys: make(map[string]time.Time), unkeyed: window{span: time.Minute, max: kfNoToken},
		scenes: make(map[string]string), msgIDs: make(map[string]bool), welcomes: make(map[string]*welcome),
	}
	k.cb = &callback{sim: s, platform: PlatformWeCom, path: "/callback/kf", envelope: workEnvelope{
		sim: s, box: mustBox(k.cred.Token, k.cred.AESKey, s.cred.WeCom.CorpID), corpID: s.cred.WeCom.CorpID,
	}}
	w := s.WeCom
	w.serve("POST /cgi-bin/kf/sync_msg", ownerKF, k.syncMsg)
	w.serve("POST /cgi-bin/kf/send_msg", ownerKF, k.sendMsg)
	w.serve("POST /cgi-bin/kf/send_msg_on_event", ownerKF, k.sendOnEvent)
	w.serve("POST /cgi-bin/kf/add_contact_way", ownerKF, k.addContactWay)
	w.serve("POST /cgi-bin/kf/customer/batchget", ownerKF, k.batchGet)
	w.serve("GET /cgi-bin/kf/account/list", ownerKF, k.accountList)
	w.serve("POST /cgi-bin/kf/account/list", ownerKF, k.accountList)
	w.serve("POST /cgi-bin/kf/service_state/get", ownerKF, k.stateGet)
	w.serve("POST /cgi-bin/kf/service_state/trans", ownerKF, k.stateTrans)
	return k
}

// AddCustomer makes a person in WeChat who can write to the account. unionID may be empty.
func (k *KF) AddCustomer(externalUserID, name, unionID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.customers[externalUserID] = &customer{id: externalUserID, name: name, unionID: unionID}
}

// Screen returns what the customer sees now, oldest first.
func (k *KF) Screen(externalUserID string) []Bubble {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.screens.show(externalUserID)
}

// EmptyPages lets the next n calls of sync_msg answer an empty list with has_more 1, as the
// platform now and then does.
func (k *KF) EmptyPages(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.empty = n
}

// FailNext lets the next message that send_msg accepts fail to arrive: a msg_send_fail event with
// failType follows (4 past 48 h, 6 over five, 10 the user refuses, …).
func (k *KF) FailNext(failType int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failNext = append(k.failNext, failType)
}

// VerifyURL makes the GET that saving the callback's settings makes.
func (k *KF) VerifyURL(ctx context.Context) error { return k.cb.verify(ctx) }

// syncMsg is POST /cgi-bin/kf/sync_msg. A cursor is opaque to the caller; a wrong one is 95007 as
// the token is: the documentation names no code of its own.
func (k *KF) syncMsg(c *apiCall) answer {
	var in struct {
		Cursor      string `json:"cursor"`
		Token       string `json:"token"`
		Limit       *int   `json:"limit"`
		VoiceFormat int    `json:"voice_format"`
		OpenKfID    string `json:"open_kfid" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	limit := 1000
	if in.Limit != nil && *in.Limit != 0 {
		limit = *in.Limit
	}
	switch {
	case in.OpenKfID != k.cred.OpenKfID:
		return fail(95000, "invalid open_kfid")
	case limit < 1 || limit > 1000 || (in.VoiceFormat != 0 && in.VoiceFormat != 1):
		return fail(40058, "invalid parameter: limit or voice_format")
	case in.Token == "" && !k.unkeyed.allow(c.now):
		return fail(45009, "api freq out of limit: sync_msg without token")
	}
	if in.Token != "" {
		if issued, is := k.pullKeys[in.Token]; !is || c.now.Sub(issued) > kfTokenLife {
			return fail(95007, "invalid msg token")
		}
	}
	from, err := k.position(in.Cursor, c.now)
	if err != nil {
		return fail(95007, "invalid cursor")
	}
	if k.empty > 0 {
		k.empty--
		return ok(map[string]any{"next_cursor": cursorAt(from), "has_more": 1, "msg_list": []any{}})
	}
	to := min(from+limit, len(k.log))
	list := make([]any, 0, to-from)
	for _, m := range k.log[from:to] {
		list = append(list, m.body)
	}
	more := 0
	if to < len(k.log) {
		more = 1
	}
	return ok(map[string]any{"next_cursor": cursorAt(to), "has_more": more, "msg_list": list})
}

// cursorAt is the cursor before the message at index n.
func cursorAt(n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("cursor:" + strconv.Itoa(n)))
}

// position is the index a cursor stands for; an empty cursor begins with the last three days.
func (k *KF) position(cursor string, now time.Time) (int, error) {
	if cursor == "" {
		n := slices.IndexFunc(k.log, func(m kfMessage) bool { return now.Sub(m.at) <= kfHistory })
		if n < 0 {
			n = len(k.log)
		}
		return n, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimPrefix(string(raw), "cursor:"))
	if err != nil || n < 0 || n > len(k.log) {
		return 0, fmt.Errorf("cursor %q", raw)
	}
	return n, nil
}

var kfMsgID = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,32}$`)

// kfSend is the body of send_msg and send_msg_on_event.
type kfSend struct {
	ToUser   string       `json:"touser"`
	OpenKfID string       `json:"open_kfid"`
	Code     string       `json:"code"`
	MsgID    string       `json:"msgid"`
	MsgType  string       `json:"msgtype" need:""`
	Text     *contentBody `json:"text"`
	Image    *mediaBody   `json:"image"`
	Voice    *mediaBody   `json:"voice"`
	Video    *mediaBody   `json:"video"`
	File     *mediaBody   `json:"file"`
	Link     *kfLink      `json:"link"`
	MsgMenu  *kfMenu      `json:"msgmenu"`
	Location *kfLocation  `json:"location"`
}

type kfLink struct {
	Title        string `json:"title" need:""`
	Desc         string `json:"desc"`
	URL          string `json:"url" need:""`
	ThumbMediaID string `json:"thumb_media_id" need:""`
}

type kfLocation struct {
	Name      string  `json:"name"`
	Address   string  `json:"address"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type kfMenu struct {
	HeadContent string      `json:"head_content"`
	List        []kfMenuRow `json:"list"`
	TailContent string      `json:"tail_content"`
}

type kfMenuRow struct {
	Type        string       `json:"type" need:""`
	Click       *kfMenuClick `json:"click"`
	View        *kfMenuView  `json:"view"`
	MiniProgram *kfMenuMini  `json:"miniprogram"`
	Text        *kfMenuText  `json:"text"`
}

type kfMenuClick struct {
	ID      string `json:"id"`
	Content string `json:"content" need:""`
}

type kfMenuView struct {
	URL     string `json:"url" need:""`
	Content string `json:"content" need:""`
}

type kfMenuMini struct {
	AppID    string `json:"appid" need:""`
	PagePath string `json:"pagepath" need:""`
	Content  string `json:"content" need:""`
}

type kfMenuText struct {
	Content   string `json:"content" need:""`
	NoNewline int    `json:"no_newline"`
}

// sendMsg is POST /cgi-bin/kf/send_msg. A repeated msgid is 95009 here: the documentation says that
// it is an error and not which.
func (k *KF) sendMsg(c *apiCall) answer {
	var in kfSend
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	k.mu.Lock()
	id, notify, err := k.send(c, &in)
	k.mu.Unlock()
	if err != nil {
		return refused(err)
	}
	k.sim.changed(PlatformWeCom, in.ToUser)
	if notify {
		k.sim.background(func(ctx context.Context) { k.announce(ctx, k.sim.sending(nil)) })
	}
	return ok(map[string]any{"msgid": id})
}

// repeatedMsgID is the code of a msgid that was used before.
const repeatedMsgID = 95009

func (k *KF) send(c *apiCall, in *kfSend) (id string, notify bool, err error) {
	p := k.customers[in.ToUser]
	switch {
	case in.Code != "":
		return "", false, refuse(40058, "invalid parameter: code")
	case in.OpenKfID != k.cred.OpenKfID:
		return "", false, refuse(95000, "invalid open_kfid")
	case p == nil:
		return "", false, refuse(40003, "invalid external_userid")
	case in.MsgID != "" && !kfMsgID.MatchString(in.MsgID):
		return "", false, refuse(40058, "invalid parameter: msgid")
	case k.msgIDs[in.MsgID]:
		return "", false, refuse(repeatedMsgID, "msgid was used before")
	}
	b, err := k.render(in, c.now)
	if err != nil {
		return "", false, err
	}
	switch {
	case p.state == stateEnded:
		return "", false, refuse(95013, "session has ended")
	case p.state > stateAssistant:
		return "", false, refuse(95018, "send msg session status invalid")
	case !p.spoken || c.now.Sub(p.lastSaid) > kfWindow:
		return "", false, refuse(95002, "send msg time limit")
	case p.quota == 0:
		return "", false, refuse(95001, "send msg count limit")
	}
	p.quota--
	if id = in.MsgID; id == "" {
		id = "kf" + k.sim.word(30)
	}
	k.msgIDs[id] = true
	if len(k.failNext) > 0 {
		failType := k.failNext[0]
		k.failNext = k.failNext[1:]
		k.append(c.now, map[string]any{"origin": 4, "msgtype": "event", "event": map[string]any{
			"event_type": "msg_send_fail", "open_kfid": k.cred.OpenKfID, "external_userid": p.id,
			"fail_msgid": id, "fail_type": failType,
		}})
		return id, true, nil
	}
	b.ID, b.From, b.Time = id, FromBot, c.now
	k.screens.add(p.id, b)
	return id, false, nil
}

// sendOnEvent is POST /cgi-bin/kf/send_msg_on_event, for the welcome message of an entered session.
// Codes 41049 and 41050 are those published for welcome codes.
func (k *KF) sendOnEvent(c *apiCall) answer {
	var in kfSend
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	wel := k.welcomes[in.Code]
	switch {
	case in.ToUser != "" || in.OpenKfID != "":
		return fail(40058, "invalid parameter: touser or open_kfid")
	case in.Code == "":
		return fail(41049, "missing code")
	case wel == nil || wel.used || c.now.Sub(wel.issued) > welcomeLife:
		return fail(41050, "invalid code")
	case in.MsgType != "text" && in.MsgType != "msgmenu":
		return fail(40008, "invalid message type")
	case in.MsgID != "" && !kfMsgID.MatchString(in.MsgID):
		return fail(40058, "invalid parameter: msgid")
	}
	b, err := k.render(&in, c.now)
	if err != nil {
		return refused(err)
	}
	wel.used = true
	if in.MsgID == "" {
		in.MsgID = "kf" + k.sim.word(30)
	}
	b.ID, b.From, b.Time = in.MsgID, FromBot, c.now
	k.screens.add(wel.customer, b)
	return ok(map[string]any{"msgid": in.MsgID})
}

// render checks the content of a message and returns how a client shows it.
func (k *KF) render(in *kfSend, now time.Time) (Bubble, error) {
	b := Bubble{Kind: in.MsgType}
	media := func(m *mediaBody) error {
		if m == nil {
			return refuse(40063, "parameter %s is missing", in.MsgType)
		}
		f, is := k.sim.WeCom.media.get(m.MediaID, now)
		if !is || f.kind != in.MsgType {
			return refuse(40007, "invalid media_id")
		}
		b.MediaID, b.FileName = m.MediaID, f.name
		return nil
	}
	switch in.MsgType {
	case "text":
		if in.Text == nil || in.Text.Content == "" {
			return b, refuse(44004, "text content is empty")
		}
		if len(in.Text.Content) > textLimit {
			return b, refuse(45002, "content size out of limit: %d bytes", len(in.Text.Content))
		}
		b.Text = in.Text.Content
		return b, nil
	case "image":
		return b, media(in.Image)
	case "voice":
		return b, media(in.Voice)
	case "video":
		return b, media(in.Video)
	case "file":
		return b, media(in.File)
	case "link":
		if in.Link == nil || len(in.Link.Title) > 128 || len(in.Link.Desc) > 512 || len(in.Link.URL) > 2048 {
			return b, refuse(40058, "invalid parameter: link")
		}
		if !k.sim.WeCom.hasMedia(in.Link.ThumbMediaID, "image") {
			return b, refuse(40007, "invalid media_id")
		}
		b.Title, b.Text, b.URL = in.Link.Title, in.Link.Desc, in.Link.URL
		return b, nil
	case "location":
		if in.Location == nil {
			return b, refuse(40063, "parameter location is missing")
		}
		b.Title, b.Text = in.Location.Name, in.Location.Address
		return b, nil
	case "msgmenu":
		if in.MsgMenu == nil {
			return b, refuse(40063, "parameter msgmenu is missing")
		}
		return b, in.MsgMenu.render(&b)
	default:
		return b, refuse(40008, "invalid message type %q", in.MsgType)
	}
}

func (m *kfMenu) render(b *Bubble) error {
	if len(m.List) > 10 {
		return refuse(95008, "menu list size %d", len(m.List))
	}
	if len(m.HeadContent) > 1024 || len(m.TailContent) > 1024 {
		return refuse(45002, "menu text size out of limit")
	}
	b.Kind = "menu"
	lines := []string{m.HeadContent}
	for i, row := range m.List {
		switch {
		case row.Type == "click" && row.Click != nil && len(row.Click.ID) <= 64 && len(row.Click.Content) <= 128:
			b.Buttons = append(b.Buttons, Button{ID: row.Click.ID, Text: row.Click.Content})
		case row.Type == "view" && row.View != nil && len(row.View.URL) <= 2048 && len(row.View.Content) <= 1024:
			b.Buttons = append(b.Buttons, Button{Text: row.View.Content, URL: row.View.URL})
		case row.Type == "miniprogram" && row.MiniProgram != nil:
			b.Buttons = append(b.Buttons, Button{Text: row.MiniProgram.Content})
		case row.Type == "text" && row.Text != nil && len(row.Text.Content) <= 256:
			lines = append(lines, row.Text.Content)
		default:
			return refuse(40058, "invalid parameter: msgmenu.list[%d]", i)
		}
	}
	lines = append(lines, m.TailContent)
	b.Text = strings.TrimSpace(strings.Join(lines, "\n"))
	return nil
}

// addContactWay is POST /cgi-bin/kf/add_contact_way: a link to the account.
func (k *KF) addContactWay(c *apiCall) answer {
	var in struct {
		OpenKfID string `json:"open_kfid" need:""`
		Scene    string `json:"scene"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	if in.OpenKfID != k.cred.OpenKfID {
		return fail(95000, "invalid open_kfid")
	}
	if len(in.Scene) > 32 || strings.Trim(in.Scene, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return fail(40058, "invalid parameter: scene")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	link := "https://work.weixin.qq.com/kfid/kfc" + k.sim.hex(16)
	k.scenes[link] = in.Scene
	return ok(map[string]any{"url": link})
}

// batchGet is POST /cgi-bin/kf/customer/batchget.
func (k *KF) batchGet(c *apiCall) answer {
	var in struct {
		List        []string `json:"external_userid_list" need:""`
		NeedContext int      `json:"need_enter_session_context"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	if len(in.List) > 100 || (in.NeedContext != 0 && in.NeedContext != 1) {
		return fail(40058, "invalid parameter: external_userid_list or need_enter_session_context")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	found, invalid := []any{}, []string{}
	for _, id := range in.List {
		p := k.customers[id]
		if p == nil {
			invalid = append(invalid, id)
			continue
		}
		one := map[string]any{"external_userid": p.id, "nickname": p.name, "avatar": "", "gender": 0}
		if p.unionID != "" {
			one["unionid"] = p.unionID
		}
		if in.NeedContext == 1 {
			one["enter_session_context"] = map[string]any{"scene": p.scene, "scene_param": p.param}
		}
		found = append(found, one)
	}
	return ok(map[string]any{"customer_list": found, "invalid_external_userid": invalid})
}

func (k *KF) accountList(*apiCall) answer {
	return ok(map[string]any{"account_list": []any{map[string]any{
		"open_kfid": k.cred.OpenKfID, "name": "订单助手", "avatar": "", "manage_privilege": true,
	}}})
}

type stateRequest struct {
	OpenKfID       string `json:"open_kfid" need:""`
	ExternalUserID string `json:"external_userid" need:""`
	ServiceState   *int   `json:"service_state"`
	ServicerUserID string `json:"servicer_userid"`
}

// conversation reads a state request and finds its customer. The caller holds the lock.
func (k *KF) conversation(c *apiCall, in *stateRequest) (*customer, error) {
	if err := decode(c.body, in); err != nil {
		return nil, err
	}
	p := k.customers[in.ExternalUserID]
	if in.OpenKfID != k.cred.OpenKfID {
		return nil, refuse(95000, "invalid open_kfid")
	}
	if p == nil {
		return nil, refuse(40003, "invalid external_userid")
	}
	return p, nil
}

func (k *KF) stateGet(c *apiCall) answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	var in stateRequest
	p, err := k.conversation(c, &in)
	if err != nil {
		return refused(err)
	}
	return ok(map[string]any{"service_state": p.state, "servicer_userid": ""})
}

// stateMoves are the moves that service_state/trans allows.
var stateMoves = map[int][]int{
	stateNew:       {stateAssistant, stateQueue, stateHuman, stateEnded},
	stateAssistant: {stateQueue, stateHuman, stateEnded},
	stateQueue:     {stateHuman, stateEnded},
	stateHuman:     {stateHuman, stateEnded},
}

func (k *KF) stateTrans(c *apiCall) answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	var in stateRequest
	p, err := k.conversation(c, &in)
	if err != nil {
		return refused(err)
	}
	switch {
	case in.ServiceState == nil:
		return fail(40063, "parameter service_state is missing")
	case p.state == stateEnded:
		return fail(95013, "session has ended")
	case !slices.Contains(stateMoves[p.state], *in.ServiceState):
		return fail(95016, "illegal state move from %d to %d", p.state, *in.ServiceState)
	case *in.ServiceState == stateHuman && in.ServicerUserID == "":
		return fail(95014, "user is not a servicer")
	}
	p.state = *in.ServiceState
	return ok(map[string]any{"msg_code": k.sim.word(20)})
}

// append adds one item to the log of sync_msg and returns its msgid. The caller holds the lock.
func (k *KF) append(at time.Time, body map[string]any) string {
	id := "kfin" + k.sim.word(28)
	body["msgid"], body["send_time"] = id, at.Unix()
	if body["msgtype"] != "event" {
		body["open_kfid"] = k.cred.OpenKfID
	}
	k.log = append(k.log, kfMessage{at: k.sim.now(), body: body})
	return id
}

// announce delivers the callback that says "come and pull".
func (k *KF) announce(ctx context.Context, set sending) Delivery {
	key := "ENC" + k.sim.word(60)
	k.mu.Lock()
	k.pullKeys[key] = k.sim.now()
	k.mu.Unlock()
	var x xmlWriter
	x.raw("<xml>")
	x.cdata("ToUserName", k.sim.cred.WeCom.CorpID)
	x.num("CreateTime", set.at.Unix())
	x.cdata("MsgType", "event")
	x.cdata("Event", "kf_msg_or_event")
	x.cdata("Token", key)
	x.cdata("OpenKfId", k.cred.OpenKfID)
	x.raw("</xml>")
	return k.cb.deliver(ctx, "", x.bytes(), set, func([]byte) error {
		return fmt.Errorf("passive reply: 微信客服 takes none")
	})
}

// SendText lets the customer write.
func (k *KF) SendText(ctx context.Context, externalUserID, text string, opts ...SendOption) Delivery {
	return k.say(ctx, externalUserID, Bubble{Kind: "text", Text: text}, map[string]any{"content": text}, opts)
}

// SendImage lets the customer send a picture of at most 2 MB; a greater one arrives as a text that
// says so.
func (k *KF) SendImage(ctx context.Context, externalUserID string, data []byte, opts ...SendOption) Delivery {
	if len(data) > kfImageLimit {
		return k.oversize(ctx, externalUserID, "图片", opts)
	}
	return k.sendMedia(ctx, externalUserID, file{kind: "image", data: data}, opts)
}

// SendFile lets the customer send a file of at most 20 MB; a greater one arrives as a text that
// says so. The item has no file name: it is in the Content-Disposition of media/get.
func (k *KF) SendFile(ctx context.Context, externalUserID, name string, data []byte, opts ...SendOption) Delivery {
	if len(data) > kfFileLimit {
		return k.oversize(ctx, externalUserID, "文件", opts)
	}
	return k.sendMedia(ctx, externalUserID, file{kind: "file", name: name, data: data}, opts)
}

// SendVoice lets the customer speak.
func (k *KF) SendVoice(ctx context.Context, externalUserID string, data []byte, opts ...SendOption) Delivery {
	return k.sendMedia(ctx, externalUserID, file{kind: "voice", name: "voice.amr", data: data}, opts)
}

// SendRaw lets the customer send any message of msgtype with the given body, such as location,
// link, business_card, miniprogram, or merged_msg with its stringified msg_content.
func (k *KF) SendRaw(ctx context.Context, externalUserID, msgType string, body any, opts ...SendOption) Delivery {
	text, err := json.Marshal(body)
	if err != nil {
		return Delivery{Err: err}
	}
	return k.say(ctx, externalUserID, Bubble{Kind: msgType, Text: string(text)}, body, opts)
}

// MergedItem is one line of a forwarded chat record.
type MergedItem struct {
	Sender string
	Time   time.Time
	// Type and Body are as of any message: "text" with {"content": "…"}.
	Type string
	Body any
}

// SendMerged lets the customer forward a chat record 聊天记录.
func (k *KF) SendMerged(ctx context.Context, externalUserID, title string, items []MergedItem, opts ...SendOption) Delivery {
	list := make([]map[string]any, 0, len(items))
	for _, it := range items {
		content, err := json.Marshal(map[string]any{"msgtype": it.Type, it.Type: it.Body})
		if err != nil {
			return Delivery{Err: err}
		}
		list = append(list, map[string]any{
			"send_time": it.Time.Unix(), "msgtype": it.Type, "sender_name": it.Sender, "msg_content": string(content),
		})
	}
	return k.SendRaw(ctx, externalUserID, "merged_msg", map[string]any{"title": title, "item": list}, opts...)
}

// Click lets the customer press the entry menuID of a menu message: its text arrives with menu_id.
func (k *KF) Click(ctx context.Context, externalUserID, menuID string, opts ...SendOption) Delivery {
	set := k.sim.sending(opts)
	k.mu.Lock()
	text, found := "", set.forced
	for _, b := range k.screens[externalUserID] {
		if x, is := b.button(menuID); is {
			text, found = x.Text, true
		}
	}
	k.mu.Unlock()
	if !found {
		return Delivery{Err: ErrNotOnScreen}
	}
	return k.say(ctx, externalUserID, Bubble{Kind: "text", Text: text}, map[string]any{"content": text, "menu_id": menuID}, opts)
}

// Enter lets the customer open the conversation, from a link of add_contact_way with its
// scene_param, or with an empty link from the account's card.
func (k *KF) Enter(ctx context.Context, externalUserID, link string, opts ...SendOption) Delivery {
	set := k.sim.sending(opts)
	u, err := url.Parse(link)
	if err != nil {
		return Delivery{Err: err}
	}
	param := u.Query().Get("scene_param")
	if len(param) > 128 {
		return Delivery{Err: fmt.Errorf("scene_param of %d bytes, at most 128", len(param))}
	}
	u.RawQuery = ""
	k.mu.Lock()
	p := k.customers[externalUserID]
	scene, known := k.scenes[u.String()]
	if p == nil || (link != "" && !known) {
		k.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	p.scene, p.param = scene, param
	event := map[string]any{
		"event_type": "enter_session", "open_kfid": k.cred.OpenKfID, "external_userid": p.id, "scene": scene, "scene_param": param,
	}
	if !p.spoken || set.at.Sub(p.lastSaid) > kfWindow {
		code := k.sim.word(32)
		k.welcomes[code] = &welcome{customer: p.id, issued: k.sim.now()}
		event["welcome_code"] = code
	}
	k.append(set.at, map[string]any{"origin": 4, "msgtype": "event", "event": event})
	k.mu.Unlock()
	return k.pull(ctx, "", set)
}

// End ends the customer's conversation; the next message begins a new one.
func (k *KF) End(externalUserID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p := k.customers[externalUserID]; p != nil {
		p.state = stateEnded
	}
}

func (k *KF) oversize(ctx context.Context, externalUserID, what string, opts []SendOption) Delivery {
	return k.SendText(ctx, externalUserID, "【客户发送了一个"+what+"，超出大小限制，请在企业微信客户端查看】", opts...)
}

func (k *KF) sendMedia(ctx context.Context, externalUserID string, f file, opts []SendOption) Delivery {
	id := k.sim.WeCom.store(f, k.sim.now())
	return k.say(ctx, externalUserID, Bubble{Kind: f.kind, MediaID: id, FileName: f.name}, map[string]any{"media_id": id}, opts)
}

// say puts b on the customer's screen and body into the log, and delivers the callback.
func (k *KF) say(ctx context.Context, externalUserID string, b Bubble, body any, opts []SendOption) Delivery {
	set := k.sim.sending(opts)
	k.mu.Lock()
	p := k.customers[externalUserID]
	if p == nil {
		k.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	p.lastSaid, p.quota, p.spoken = k.sim.now(), kfPerMessage, true
	if p.state == stateEnded {
		p.state = stateNew
	}
	id := k.append(set.at, map[string]any{
		"origin": 3, "external_userid": p.id, "msgtype": b.Kind, b.Kind: body,
	})
	b.ID, b.From, b.Time = id, FromPerson, set.at
	k.screens.add(p.id, b)
	k.mu.Unlock()
	k.sim.changed(PlatformWeCom, externalUserID)
	return k.pull(ctx, id, set)
}

func (k *KF) pull(ctx context.Context, id string, set sending) Delivery {
	if k.sim.dist.hold(func(ctx context.Context) { k.announce(ctx, set) }) {
		return Delivery{MsgID: id, Held: true}
	}
	d := k.announce(ctx, set)
	d.MsgID = id
	return d
}
