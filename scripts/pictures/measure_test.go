package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields, lines, missed []string
	}{
		"anywhere in a line":           {[]string{"A-10", "25"}, []string{"弯头 A-10要25只"}, nil},
		"spaces do not count":          {[]string{"1J0 819 644A", "2026/3/4"}, []string{"1J0819 644A", "2026 /3/4"}, nil},
		"a number that goes on":        {[]string{"150"}, []string{"1500", "3150", "150.5", "1,150"}, []string{"150"}},
		"before a sign of its own":     {[]string{"CL-0.5-BK", "7"}, []string{"CL-0.5-BK×7盒"}, nil},
		"each as often as it stands":   {[]string{"12", "12"}, []string{"12"}, []string{"12"}},
		"longest first":                {[]string{"8", "8-8"}, []string{"8-8", "8"}, nil},
		"marks of full width":          {[]string{"0512-1234567"}, []string{"电话：0512－1234567"}, nil},
		"letters are told from digits": {[]string{"FG-8129D"}, []string{"FG-8129O"}, []string{"FG-8129D"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.missed, missing(c.fields, c.lines))
		})
	}
}

func TestPlanIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	all, _ := planned(0)
	again, _ := planned(0)
	require.Equal(t, all, again)
	require.GreaterOrEqual(t, len(all), 60)
	for _, one := range all {
		require.NotEmpty(t, one.Fields, one.File)
	}
	other, _ := planned(1)
	require.NotEqual(t, all, other)
}
