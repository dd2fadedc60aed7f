package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Limits of the service account.
const (
	accountTokenLife = 2 * time.Hour
	tokenGrace       = 5 * time.Minute // the token before lives on so long
	maxQRExpiry      = 2592000         // seconds
)

// AccountMode is how a service account's callback is encrypted.
type AccountMode int

// The modes of a service account's callback.
const (
	SafeMode       AccountMode = iota // encrypted
	PlainMode                         // the message's XML as it is
	CompatibleMode                    // both in one body
)

// ServiceAccount is the simulated WeChat service account. Its API is documented at
// https://developers.weixin.qq.com/doc/service/.
type ServiceAccount struct {
	sim    *Simulator
	cred   ServiceAccountCredentials
	tokens *tokens
	media  mediaStore
	cb     *callback
	box    *Box

	mu        sync.Mutex
	mode      AccountMode
	followers map[string]*follower
	screens   screens
	tickets   map[string]qrCode // by ticket
	templates map[string]bool   // known template ids; empty: any
	clientIDs map[string]string // msgid by client_msg_id
	results   []string          // statuses of the next template messages
	forced    time.Time         // the last forced refresh of the stable token
	forces    window
	past      map[string]pastMessage
	menu      []menuButton
}

// follower is one person in WeChat.
type follower struct {
	openID  string
	name    string
	unionID string
	follows bool
	talked  allowance      // 5 in 48 h after a message
	acted   allowance      // 3 in one minute after a menu click, a scan or following
	optIns  map[string]int // subscribe notices by template
}

// allowance is what one act of a follower allows: left messages until the end.
type allowance struct {
	until time.Time
	left  int
}

type qrCode struct {
	scene   string
	expires time.Time // zero: permanent
}

func newServiceAccount(s *Simulator) *ServiceAccount {
	a := &ServiceAccount{
		sim: s, cred: s.cred.ServiceAccount, tokens: newTokens(s, accountTokenLife),
		followers: make(map[string]*follower), screens: make(screens), tickets: make(map[string]qrCode),
		templates: make(map[string]bool), clientIDs: make(map[string]string), past: make(map[string]pastMessage),
		forces: window{span: 24 * time.Hour, max: 20},
	}
	a.box = mustBox(a.cred.Token, a.cred.AESKey, a.cred.AppID)
	a.cb = &callback{sim: s, platform: PlatformServiceAccount, path: "/callback/service-account", envelope: accountEnvelope{a}}
	h := s.hosts[PlatformServiceAccount]
	h.shape = errcodeShape{rate: 45009, tokens: a.tokens}
	h.handle("GET /cgi-bin/token", a.getToken)
	h.handle("POST /cgi-bin/stable_token", a.stableToken)
	a.serve("POST /cgi-bin/message/custom/send", a.customSend)
	a.serve("POST /cgi-bin/message/custom/typing", a.typing)
	a.serve("POST /cgi-bin/message/template/send", a.templateSend)
	a.serve("POST /cgi-bin/message/subscribe/bizsend", a.bizSend)
	a.serve("POST /cgi-bin/media/upload", a.mediaUpload)
	a.serve("GET /cgi-bin/media/get", a.mediaGet)
	a.serve("POST /cgi-bin/qrcode/create", a.qrCreate)
	a.serve("POST /cgi-bin/menu/create", a.menuCreate)
	a.serve("GET /cgi-bin/user/info", a.userInfo)
	a.serve("GET /cgi-bin/getcallbackip", func(*apiCall) answer {
		return ok(map[string]any{"ip_list": []string{"127.0.0.1"}})
	})
	h.handle("GET /mmbiz_jpg/{id}", a.picture)
	return a
}

func (a *ServiceAccount) serve(pattern string, f func(*apiCall) answer) {
	a.sim.hosts[PlatformServiceAccount].handle(pattern, func(c *apiCall) answer {
		if _, code := a.tokens.check(c.URL.Query().Get("access_token"), c.now); code != 0 {
			if code == 40014 {
				code = 40001 // this platform's word for a token that is not the latest
			}
			return fail(code, "%s", map[int]string{
				41001: "access_token missing", 40001: "invalid credential, access_token is invalid or not latest",
				42001: "access_token expired",
			}[code])
		}
		return f(c)
	})
}

// AddFollower makes a person who follows the account. unionID may be empty.
func (a *ServiceAccount) AddFollower(openID, name, unionID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followers[openID] = &follower{openID: openID, name: name, unionID: unionID, follows: true, optIns: make(map[string]int)}
}

// AddStranger makes a person who does not follow the account yet.
func (a *ServiceAccount) AddStranger(openID, name, unionID string) {
	a.AddFollower(openID, name, unionID)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followers[openID].follows = false
}

// SetMode chooses how callbacks are encrypted; [SafeMode] at first.
func (a *ServiceAccount) SetMode(m AccountMode) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mode = m
}

// AddTemplates names the template ids that exist; before the first call every id does.
func (a *ServiceAccount) AddTemplates(ids ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range ids {
		a.templates[id] = true
	}
}

// OptIn lets the follower allow n subscribe notices of the template.
func (a *ServiceAccount) OptIn(openID, templateID string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.followers[openID]; p != nil {
		p.optIns[templateID] += n
	}
}

// NextResults gives the statuses of the next template messages, such as "failed:user block"; the
// others are "success".
func (a *ServiceAccount) NextResults(statuses ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.results = append(a.results, statuses...)
}

// Screen returns what the follower sees now, oldest first.
func (a *ServiceAccount) Screen(openID string) []Bubble {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.screens.show(openID)
}

// ExpireTokens ends the life of all tokens.
func (a *ServiceAccount) ExpireTokens() { a.tokens.end("", false, a.sim.now()) }

// VerifyURL makes the GET that saving the callback's settings makes; its echo is not encrypted.
func (a *ServiceAccount) VerifyURL(ctx context.Context) error { return a.cb.verify(ctx) }

// credentials checks an app's id and secret: 40013 and 40125.
func (a *ServiceAccount) credentials(appID, secret string) error {
	switch {
	case appID != a.cred.AppID:
		return refuse(40013, "invalid appid")
	case secret == "":
		return refuse(41004, "appsecret missing")
	case secret != a.cred.Secret:
		return refuse(40125, "invalid appsecret")
	default:
		return nil
	}
}

// getToken is GET /cgi-bin/token: each call retires the token before, which lives on for 5 minutes.
func (a *ServiceAccount) getToken(c *apiCall) answer {
	q := c.URL.Query()
	if q.Get("grant_type") != "client_credential" {
		return fail(40002, "invalid grant_type")
	}
	if err := a.credentials(q.Get("appid"), q.Get("secret")); err != nil {
		return refused(err)
	}
	text, left := a.tokens.fresh("plain", c.now, tokenGrace)
	return ok(map[string]any{"access_token": text, "expires_in": left})
}

// stableToken is POST /cgi-bin/stable_token: the same token until 5 minutes before its end; a
// forced one kills the one before, 20 times a day and not within 30 s.
func (a *ServiceAccount) stableToken(c *apiCall) answer {
	var in struct {
		GrantType    string `json:"grant_type" need:""`
		AppID        string `json:"appid" need:""`
		Secret       string `json:"secret" need:""`
		ForceRefresh bool   `json:"force_refresh"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	if in.GrantType != "client_credential" {
		return fail(40002, "invalid grant_type")
	}
	if err := a.credentials(in.AppID, in.Secret); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if in.ForceRefresh {
		if c.now.Sub(a.forced).Abs() < 30*time.Second || !a.forces.allow(c.now) {
			return fail(45009, "reach max api daily quota limit: force_refresh")
		}
		a.forced = c.now
		text, left := a.tokens.fresh("stable", c.now, 0)
		return ok(map[string]any{"access_token": text, "expires_in": left})
	}
	text, left := a.tokens.current("stable", c.now)
	if left <= int(tokenGrace.Seconds()) {
		text, left = a.tokens.fresh("stable", c.now, tokenGrace)
	}
	return ok(map[string]any{"access_token": text, "expires_in": left})
}

// accountSend is the body of custom/send.
type accountSend struct {
	ToUser          string           `json:"touser" need:""`
	MsgType         string           `json:"msgtype" need:""`
	Text            *contentBody     `json:"text"`
	Image           *mediaBody       `json:"image"`
	Voice           *mediaBody       `json:"voice"`
	News            *newsBody        `json:"news"`
	MsgMenu         *accountMenu     `json:"msgmenu"`
	MiniProgramPage *accountMini     `json:"miniprogrampage"`
	CustomService   *accountServicer `json:"customservice"`
}

type accountMenu struct {
	HeadContent string           `json:"head_content"`
	List        []accountMenuRow `json:"list" need:""`
	TailContent string           `json:"tail_content"`
}

type accountMenuRow struct {
	ID      string `json:"id" need:""`
	Content string `json:"content" need:""`
}

type accountMini struct {
	Title        string `json:"title"`
	AppID        string `json:"appid" need:""`
	PagePath     string `json:"pagepath" need:""`
	ThumbMediaID string `json:"thumb_media_id" need:""`
}

type accountServicer struct {
	KfAccount string `json:"kf_account" need:""`
}

// customSend is POST /cgi-bin/message/custom/send: 45015 outside the person's window, 45047 over
// its count.
func (a *ServiceAccount) customSend(c *apiCall) answer {
	var in accountSend
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	b := Bubble{Kind: in.MsgType, From: FromBot, Time: c.now, ID: "custom" + a.sim.word(12)}
	if err := a.render(&in, &b, c.now); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	p := a.followers[in.ToUser]
	if p == nil {
		a.mu.Unlock()
		return fail(40003, "invalid openid")
	}
	if code := p.spend(c.now); code != 0 {
		a.mu.Unlock()
		return fail(code, "%s", map[int]string{
			45015: "response out of time limit or subscription is canceled", 45047: "out of response count limit",
		}[code])
	}
	a.screens.add(in.ToUser, b)
	a.mu.Unlock()
	a.sim.changed(PlatformServiceAccount, in.ToUser)
	return ok(nil)
}

// spend takes one message from what the person's acts allow, the shorter allowance first.
func (p *follower) spend(now time.Time) (code int) {
	open := false
	for _, g := range []*allowance{&p.acted, &p.talked} {
		if !p.follows || now.After(g.until) {
			continue
		}
		if g.left > 0 {
			g.left--
			return 0
		}
		open = true
	}
	if open {
		return 45047
	}
	return 45015
}

func (a *ServiceAccount) render(in *accountSend, b *Bubble, now time.Time) error {
	media := func(m *mediaBody) error {
		if m == nil {
			return refuse(40063, "parameter %s is missing", in.MsgType)
		}
		f, is := a.media.get(m.MediaID, now)
		if !is || f.kind != in.MsgType {
			return refuse(40007, "invalid media_id")
		}
		b.MediaID, b.FileName = m.MediaID, f.name
		return nil
	}
	switch in.MsgType {
	case "text":
		if in.Text == nil || in.Text.Content == "" {
			return refuse(44004, "text content is empty")
		}
		if len(in.Text.Content) > textLimit {
			return refuse(45002, "content size out of limit: %d bytes", len(in.Text.Content))
		}
		b.Text = in.Text.Content
	case "image":
		return media(in.Image)
	case "voice":
		return media(in.Voice)
	case "news":
		if in.News == nil || len(in.News.Articles) != 1 {
			return refuse(45008, "article size out of limit")
		}
		return in.News.render(b)
	case "msgmenu":
		if in.MsgMenu == nil {
			return refuse(40063, "parameter msgmenu is missing")
		}
		b.Kind, b.Text = "menu", strings.TrimSpace(in.MsgMenu.HeadContent+"\n"+in.MsgMenu.TailContent)
		for _, row := range in.MsgMenu.List {
			b.Buttons = append(b.Buttons, Button{ID: row.ID, Text: row.Content})
		}
	case "miniprogrampage":
		if in.MiniProgramPage == nil {
			return refuse(40063, "parameter miniprogrampage is missing")
		}
		b.Title = in.MiniProgramPage.Title
	default:
		return refuse(40008, "invalid message type %q", in.MsgType)
	}
	return nil
}

func (a *ServiceAccount) typing(c *apiCall) answer {
	var in struct {
		ToUser  string `json:"touser" need:""`
		Command string `json:"command" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.followers[in.ToUser] == nil {
		return fail(40003, "invalid openid")
	}
	if in.Command != "Typing" && in.Command != "CancelTyping" {
		return fail(45072, "invalid command")
	}
	return ok(nil)
}

// templateValue is one filled field of a template.
type templateValue struct {
	Value string `json:"value"`
	Color string `json:"color,omitempty"`
}

type templateMini struct {
	AppID    string `json:"appid" need:""`
	PagePath string `json:"pagepath"`
}

// templateSend is POST /cgi-bin/message/template/send; the result follows as an event.
func (a *ServiceAccount) templateSend(c *apiCall) answer {
	var in struct {
		ToUser      string                   `json:"touser" need:""`
		TemplateID  string                   `json:"template_id" need:""`
		URL         string                   `json:"url"`
		MiniProgram *templateMini            `json:"miniprogram"`
		Data        map[string]templateValue `json:"data" need:""`
		ClientMsgID string                   `json:"client_msg_id"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	p := a.followers[in.ToUser]
	switch {
	case p == nil:
		a.mu.Unlock()
		return fail(40003, "invalid openid")
	case !p.follows:
		a.mu.Unlock()
		return fail(43004, "require subscribe")
	case len(a.templates) > 0 && !a.templates[in.TemplateID]:
		a.mu.Unlock()
		return fail(40037, "invalid template_id")
	}
	if err := checkData(in.Data); err != nil {
		a.mu.Unlock()
		return refused(err)
	}
	if old, is := a.clientIDs[in.ClientMsgID]; is && in.ClientMsgID != "" {
		a.mu.Unlock()
		return ok(map[string]any{"msgid": json.Number(old)})
	}
	id := fmt.Sprint(3_000_000_000_000_000 + a.sim.next())
	if in.ClientMsgID != "" {
		a.clientIDs[in.ClientMsgID] = id
	}
	status := "success"
	if len(a.results) > 0 {
		status, a.results = a.results[0], a.results[1:]
	}
	if status == "success" {
		a.screens.add(in.ToUser, templateBubble(id, in.TemplateID, in.URL, in.Data, c.now))
	}
	a.mu.Unlock()
	a.sim.changed(PlatformServiceAccount, in.ToUser)
	a.later(in.ToUser, "TEMPLATESENDJOBFINISH", func(x *xmlWriter) {
		x.raw("<MsgID>" + id + "</MsgID>")
		x.cdata("Status", status)
	})
	return ok(map[string]any{"msgid": json.Number(id)})
}

// bizSend is POST /cgi-bin/message/subscribe/bizsend: one message for one opt-in, else 43101.
func (a *ServiceAccount) bizSend(c *apiCall) answer {
	var in struct {
		ToUser      string                   `json:"touser" need:""`
		TemplateID  string                   `json:"template_id" need:""`
		Page        string                   `json:"page"`
		MiniProgram *templateMini            `json:"miniprogram"`
		Data        map[string]templateValue `json:"data" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	p := a.followers[in.ToUser]
	switch {
	case p == nil:
		a.mu.Unlock()
		return fail(40003, "invalid openid")
	case len(a.templates) > 0 && !a.templates[in.TemplateID]:
		a.mu.Unlock()
		return fail(40037, "invalid template_id")
	case p.optIns[in.TemplateID] == 0:
		a.mu.Unlock()
		return fail(43101, "user refuse to accept the msg")
	}
	if err := checkData(in.Data); err != nil {
		a.mu.Unlock()
		return refused(err)
	}
	p.optIns[in.TemplateID]--
	id := fmt.Sprint(3_000_000_000_000_000 + a.sim.next())
	a.screens.add(in.ToUser, templateBubble(id, in.TemplateID, in.Page, in.Data, c.now))
	a.mu.Unlock()
	a.sim.changed(PlatformServiceAccount, in.ToUser)
	a.later(in.ToUser, "subscribe_msg_sent_event", func(x *xmlWriter) {
		x.raw("<SubscribeMsgSentEvent><List>")
		x.cdata("TemplateId", in.TemplateID)
		x.cdata("MsgID", id)
		x.cdata("ErrorCode", "0")
		x.cdata("ErrorStatus", "success")
		x.raw("</List></SubscribeMsgSentEvent>")
	})
	return ok(nil)
}

// checkData checks the values of a template by the type in the field's name, as in thing1: 47003.
func checkData(data map[string]templateValue) error {
	for name, v := range data {
		kind := strings.TrimRight(name, "0123456789")
		limit := map[string]int{
			"thing": 20, "character_string": 32, "phrase": 5, "const": 20, "number": 32, "letter": 32, "symbol": 5,
			"name": 10, "phone_number": 17, "car_number": 8,
		}[kind]
		if v.Value == "" || (limit > 0 && utf8.RuneCountInString(v.Value) > limit) {
			return refuse(47003, "argument invalid! data.%s.value is empty or too long", name)
		}
	}
	return nil
}

func templateBubble(id, templateID, link string, data map[string]templateValue, now time.Time) Bubble {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err) // strings only
	}
	var lines []string
	for _, name := range sortedKeys(data) {
		lines = append(lines, name+"："+data[name].Value)
	}
	return Bubble{
		ID: id, From: FromBot, Time: now, Kind: "template", TemplateID: templateID, URL: link, Card: raw,
		Text: strings.Join(lines, "\n"),
	}
}

// accountUploads are the greatest sizes of temporary media.
var accountUploads = uploadLimits{"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}

func (a *ServiceAccount) mediaUpload(c *apiCall) answer {
	f, err := readUpload(c, accountUploads)
	if err != nil {
		return refused(err)
	}
	id := a.store(f, c.now)
	return ok(map[string]any{"type": f.kind, "media_id": id, "created_at": c.now.Unix()})
}

func (a *ServiceAccount) store(f file, now time.Time) string {
	id := a.sim.word(64)
	f.expires = now.Add(mediaLife)
	if f.name == "" {
		f.name = imageName(id, f.data)
	}
	a.media.put(id, f)
	return id
}

func (a *ServiceAccount) mediaGet(c *apiCall) answer {
	f, is := a.media.get(c.URL.Query().Get("media_id"), c.now)
	if !is {
		return fail(40007, "invalid media_id")
	}
	return download(f)
}

func (a *ServiceAccount) picture(c *apiCall) answer {
	f, is := a.media.get(c.PathValue("id"), c.now)
	if !is {
		return page(404)
	}
	return download(f)
}

// qrCreate is POST /cgi-bin/qrcode/create. The image behind a ticket is not simulated.
func (a *ServiceAccount) qrCreate(c *apiCall) answer {
	var in struct {
		ExpireSeconds *int   `json:"expire_seconds"`
		ActionName    string `json:"action_name" need:""`
		ActionInfo    struct {
			Scene struct {
				SceneID  *int   `json:"scene_id"`
				SceneStr string `json:"scene_str"`
			} `json:"scene" need:""`
		} `json:"action_info" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	scene, id := in.ActionInfo.Scene.SceneStr, in.ActionInfo.Scene.SceneID
	permanent := strings.HasPrefix(in.ActionName, "QR_LIMIT_")
	switch in.ActionName {
	case "QR_STR_SCENE", "QR_LIMIT_STR_SCENE":
		if scene == "" || len(scene) > 64 || id != nil {
			return fail(40053, "invalid action info: scene_str")
		}
	case "QR_SCENE", "QR_LIMIT_SCENE":
		if id == nil || *id < 1 || (permanent && *id > 100000) || scene != "" {
			return fail(40053, "invalid action info: scene_id")
		}
		scene = fmt.Sprint(*id)
	default:
		return fail(40052, "invalid action name")
	}
	seconds := 30
	if in.ExpireSeconds != nil {
		seconds = *in.ExpireSeconds
	}
	if permanent && in.ExpireSeconds != nil || seconds < 1 || seconds > maxQRExpiry {
		return fail(40051, "invalid expire_seconds")
	}
	code := qrCode{scene: scene}
	ticket := "gQ" + a.sim.word(90) + "=="
	out := map[string]any{"ticket": ticket, "url": "http://weixin.qq.com/q/" + a.sim.word(22)}
	if !permanent {
		code.expires = c.now.Add(time.Duration(seconds) * time.Second)
		out["expire_seconds"] = seconds
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tickets[ticket] = code
	return ok(out)
}

func (a *ServiceAccount) menuCreate(c *apiCall) answer {
	var in struct {
		Button []menuButton `json:"button" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	if err := checkMenu(in.Button, 16, 60); err != nil {
		return refused(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.menu = in.Button
	return ok(nil)
}

func (a *ServiceAccount) userInfo(c *apiCall) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.followers[c.URL.Query().Get("openid")]
	if p == nil {
		return fail(40003, "invalid openid")
	}
	if !p.follows {
		return ok(map[string]any{"subscribe": 0, "openid": p.openID})
	}
	out := map[string]any{"subscribe": 1, "openid": p.openID, "language": "zh_CN", "subscribe_scene": "ADD_SCENE_QR_CODE"}
	if p.unionID != "" {
		out["unionid"] = p.unionID
	}
	return ok(out)
}

// accountEnvelope is that of the service account in its three modes.
type accountEnvelope struct{ a *ServiceAccount }

func (e accountEnvelope) wrap(msg []byte, stamp time.Time, t Tamper) (url.Values, []byte) {
	e.a.mu.Lock()
	mode := e.a.mode
	e.a.mu.Unlock()
	secret, ts, nonce := spoilt(e.a.sim, e.a.box, msg, stamp, t)
	q := url.Values{
		"timestamp": {ts}, "nonce": {nonce}, "signature": {e.a.box.Signature(ts, nonce)},
		"openid": {tagText(string(msg), "FromUserName")},
	}
	if mode == PlainMode {
		if t == BrokenContent {
			msg = []byte("<xml><MsgType><![CDATA[text]]></MsgTyp")
		}
		return finish(e.a.sim, q, msg, "signature", t)
	}
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", e.a.box.Signature(ts, nonce, secret))
	var x xmlWriter
	if mode == CompatibleMode {
		x.raw(strings.TrimSuffix(string(msg), "</xml>"))
	} else {
		x.raw("<xml>")
		x.cdata("ToUserName", e.a.cred.OriginalID)
	}
	x.cdata("Encrypt", secret)
	x.raw("</xml>")
	return finish(e.a.sim, q, x.bytes(), "msg_signature", t)
}

func (e accountEnvelope) unwrap(body []byte) ([]byte, error) {
	if len(body) == 0 || string(body) == "success" {
		return nil, nil
	}
	e.a.mu.Lock()
	mode := e.a.mode
	e.a.mu.Unlock()
	if mode == PlainMode {
		return body, nil
	}
	msg, err := openReply(e.a.box, body)
	if err == nil && len(msg) == 0 {
		err = errors.New("passive reply: encrypted and empty")
	}
	return msg, err
}

func (e accountEnvelope) check(stamp time.Time) (url.Values, string) {
	want := e.a.sim.draw(19, "0123456789")
	ts, nonce := fmt.Sprint(stamp.Unix()), e.a.sim.draw(10, "0123456789")
	return url.Values{
		"timestamp": {ts}, "nonce": {nonce}, "echostr": {want}, "signature": {e.a.box.Signature(ts, nonce)},
	}, want
}
