package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

// Words beside files belong to the files only where they say nothing but what the files are, or where they go.
func TestWordsThatGoWithFiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"附件 SO202603110012":        true,
		"合同 SO202603110012":        true,
		"SO202603110012 合同":        true,
		"资料 SO202603110012":        true,
		"SO202603110012":           true,
		"资料 SO202603110012 报关单 已齐": false,
		"同意 SO202603110012":        false,
		"SO202603110012 手套改成20箱":   false,
		"进度 SO202603110012 什么时候到":  false,
		"外科口罩20箱":                  false,
	} {
		require.Equal(t, want, goesWithFiles(text), text)
	}
}

// In a group nobody of the staff gets what is not for everybody there.
func TestFilesAreNotSentIntoGroups(t *testing.T) {
	t.Parallel()
	s := &session{person: person{staff: &orders.Staff{Code: "S01"}}, in: orders.Inbound{Sender: "zhouting"}}
	s.part = &orders.Turn{Chat: orders.Chat{ID: "ZhouTing"}}
	require.NoError(t, s.alone("合同"))
	s.part.Chat.ID = "group-1"
	require.ErrorContains(t, s.alone("合同"), "合同请单独问我要")
	s.person.staff = nil
	require.NoError(t, s.alone("合同"), "a customer's chat is the customer's")
}
