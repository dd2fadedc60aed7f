package wecom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/cards"
	"orderbot/notify"
	"orderbot/notify/httpx/httpxtest"
	"orderbot/notify/wecom"
	"orderbot/orders"
)

const (
	kfSendPath  = "/cgi-bin/kf/send_msg"
	kfEventPath = "/cgi-bin/kf/send_msg_on_event"
	kfSyncPath  = "/cgi-bin/kf/sync_msg"
)

func setupKF(t *testing.T) (*httpxtest.Server, *wecom.KF) {
	t.Helper()
	srv := httpxtest.New(t)
	return srv, wecom.NewKF(options(srv))
}

func kfDelivery(t *testing.T, m cards.Message) orders.Delivery {
	t.Helper()
	d := delivery(t, m)
	d.Chat = orders.Chat{Platform: orders.KF, ID: "wk1 wm1"}
	return d
}

func TestKFText(t *testing.T) {
	t.Parallel()
	srv, kf := setupKF(t)
	srv.On(kfSendPath, `{"errcode":0,"msgid":"M"}`, `{"errcode":95009,"errmsg":"msgid was used before"}`)
	d := kfDelivery(t, cards.Message{Text: "您的订单已发货"})
	for range 2 { // the repeat after a lost answer is refused, which is as good as sent
		_, err := kf.Send(t.Context(), d, nil)
		require.NoError(t, err)
	}
	calls := srv.Calls(kfSendPath)
	golden(t, "kf_text.json", calls[0].Body)
	require.Equal(t, calls[0].Body, calls[1].Body, "same msgid")
}

func TestKFMenu(t *testing.T) {
	t.Parallel()
	srv, kf := setupKF(t)
	srv.On(kfSendPath, `{"errcode":0}`)
	_, err := kf.Send(t.Context(), kfDelivery(t, cards.Message{Text: "要办什么？", Menu: []string{"订单到哪了", "找人工"}}), nil)
	require.NoError(t, err)
	golden(t, "kf_menu.json", srv.Calls(kfSendPath)[0].Body)
	menu := make([]string, 12)
	for i := range menu {
		menu[i] = strings.Repeat("项", 50)
	}
	_, err = kf.Send(t.Context(), kfDelivery(t, cards.Message{Text: strings.Repeat("长", 400), Menu: menu}), nil)
	require.NoError(t, err)
	calls := srv.Calls(kfSendPath)
	require.Len(t, calls, 3, "text and menu")
	require.Equal(t, 10, strings.Count(calls[2].Body, `"type":"click"`))
	require.NotContains(t, calls[2].Body, strings.Repeat("项", 43))
}

func TestKFWelcome(t *testing.T) {
	t.Parallel()
	srv, kf := setupKF(t)
	srv.On(kfEventPath, `{"errcode":0,"msgid":"M"}`, `{"errcode":41050,"errmsg":"invalid code"}`)
	srv.On(kfSendPath, `{"errcode":0}`)
	d := kfDelivery(t, cards.Message{Text: "您好"})
	d.Code = "WELCOME"
	_, err := kf.Send(t.Context(), d, nil)
	require.NoError(t, err)
	golden(t, "kf_welcome.json", srv.Calls(kfEventPath)[0].Body)
	require.Empty(t, srv.Calls(kfSendPath))
	_, err = kf.Send(t.Context(), d, nil)
	require.NoError(t, err)
	require.Len(t, srv.Calls(kfSendPath), 1, "after 20 seconds it is an ordinary message")
}

func TestKFCardAndFile(t *testing.T) {
	t.Parallel()
	srv, kf := setupKF(t)
	srv.On(kfSendPath, `{"errcode":0}`)
	srv.On(uploadPath, `{"errcode":0,"media_id":"F1"}`, `{"errcode":40006,"errmsg":"x"}`)
	_, err := kf.Send(t.Context(), kfDelivery(t, cards.Message{Card: draft().Card}), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(kfSendPath)[0].Body, "订单草稿 SO202603110012")
	m := cards.Message{Text: "见网页", File: &cards.File{Name: "对账单.pdf", Data: []byte("123456")}}
	_, err = kf.Send(t.Context(), kfDelivery(t, m), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(kfSendPath)[1].Body, `"media_id":"F1"`)
	_, err = kf.Send(t.Context(), kfDelivery(t, m), nil)
	require.NoError(t, err)
	require.Contains(t, srv.Calls(kfSendPath)[2].Body, "见网页")
}

func TestKFErrorCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]notify.Reason{
		95000: notify.Rejected, 95001: notify.Rejected, 95002: notify.Rejected, 95004: notify.Rejected, 95007: notify.Rejected,
		95008: notify.Rejected, 95013: notify.Rejected, 95014: notify.Rejected, 95016: notify.Rejected, 95018: notify.Rejected,
		95011: notify.Auth, 95012: notify.Auth, 95017: notify.Auth, 95003: notify.RateLimited, -1: notify.Unavailable,
	} {
		srv, kf := setupKF(t)
		srv.On(kfSendPath, fmt.Sprintf(`{"errcode":%d,"errmsg":"x"}`, code))
		_, err := kf.Send(t.Context(), kfDelivery(t, cards.Message{Text: "x"}), nil)
		httpxtest.RequireFailure(t, err, want)
	}
	_, kf := setupKF(t)
	_, err := kf.Send(t.Context(), delivery(t, cards.Message{Text: "x"}), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
	_, err = kf.Send(t.Context(), kfDelivery(t, cards.Message{}), nil)
	httpxtest.RequireFailure(t, err, notify.Rejected)
}

func TestKFSyncMsg(t *testing.T) {
	t.Parallel()
	srv, kf := setupKF(t)
	srv.On(kfSyncPath, `{"errcode":0,"next_cursor":"C2","has_more":1,"msg_list":[{"msgid":"1"},{"msgid":"2"}]}`,
		`{"errcode":95007,"errmsg":"invalid msg token"}`, `{"errcode":0,"next_cursor":"C3","has_more":0,"msg_list":[]}`)
	items, next, more, err := kf.SyncMsg(t.Context(), "wk1", "", "TOK")
	require.NoError(t, err)
	require.Len(t, items, 2)
	require.Equal(t, "C2", next)
	require.True(t, more)
	require.JSONEq(t, `{"token":"TOK","limit":1000,"open_kfid":"wk1"}`, srv.Calls(kfSyncPath)[0].Body)
	_, next, more, err = kf.SyncMsg(t.Context(), "wk1", "C2", "OLD")
	require.NoError(t, err)
	require.Equal(t, "C3", next)
	require.False(t, more)
	require.JSONEq(t, `{"cursor":"C2","limit":1000,"open_kfid":"wk1"}`, srv.Calls(kfSyncPath)[2].Body)
	srv.On("/cgi-bin/kf/account/list", `{"errcode":0,"account_list":[{"open_kfid":"wk1","name":"客服"},{"open_kfid":"wk2"}]}`)
	ids, err := kf.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"wk1", "wk2"}, ids)
}
