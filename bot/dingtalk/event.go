package dingtalk

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"

	"orderbot/orders"
)

// instanceEvent is the event that an approval instance has begun or come to its end.
const instanceEvent = "bpms_instance_change"

// instanceChange is its body; the platform documents it by examples only.
type instanceChange struct {
	Instance string `json:"processInstanceId"`
	Code     string `json:"processCode"`
	Type     string `json:"type"`   // start, finish, terminate
	Result   string `json:"result"` // of a finish: agree, refuse
	StaffID  string `json:"staffId"`
	Time     loose  `json:"finishTime"` // milliseconds
}

// event keeps what became of a surgery form before it is acknowledged; all other events are passed over. The event's own id tells a
// redelivered one.
func (s *Stream) event(ctx context.Context, f *payload.DataFrame) (any, error) {
	taken := map[string]string{"status": "SUCCESS"}
	var e instanceChange
	if f.GetHeader("eventType") != instanceEvent {
		return taken, nil
	}
	if err := decode([]byte(f.Data), &e); err != nil {
		s.log.Warn("event not understood", "platform", "dingtalk", "error", err)
		return taken, nil
	}
	what := e.Type
	if e.Type == "finish" {
		what = e.Result
	}
	if e.Code != s.o.SurgeryForm || e.Instance == "" || what != orders.FormAgreed && what != orders.FormRefused && what != orders.FormWithdrawn {
		return taken, nil
	}
	key := "event:" + firstOf(f.GetHeader("eventId"), f.GetMessageId())
	now := s.o.Now()
	ctx, cancel := context.WithTimeout(ctx, keepTime)
	defer cancel()
	return taken, s.o.Inbox.Put(ctx, orders.Inbound{
		Platform: orders.DingTalk, Key: key, Chat: orders.Chat{Platform: orders.DingTalk, ID: firstOf(e.StaffID, e.Instance)}, Sender: e.StaffID, Kind: orders.InboundForm,
		Media: e.Instance, Text: what, SentAt: milli(e.Time, now), ReceivedAt: now, Trace: strings.ToLower(rand.Text()[:16]),
	})
}
