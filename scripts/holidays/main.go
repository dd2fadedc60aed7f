// Command holidays writes the public holidays and make-up workdays of China since 2020 from the file
// dist/chinese-days.json of the npm package chinese-days to standard output, as a CSV file that
// `orderbot import calendar` takes.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: holidays chinese-days.json > calendar.csv")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	if err := write(out, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "holidays:", err)
		os.Exit(1)
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "holidays:", err)
		os.Exit(1)
	}
}

func write(out io.Writer, path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the path is what the user names
	if err != nil {
		return err
	}
	var lists struct {
		Holidays map[string]string `json:"holidays"`
		Workdays map[string]string `json:"workdays"`
	}
	if err := json.Unmarshal(data, &lists); err != nil {
		return err
	}
	days := make(map[string]string)
	for kind, list := range map[string]map[string]string{"holiday": lists.Holidays, "workday": lists.Workdays} {
		for date, names := range list { // "Spring Festival,春节,4"
			name := strings.Split(names, ",")
			year, err := strconv.Atoi(date[:4])
			if err != nil || len(name) < 2 {
				return fmt.Errorf("%s: %q", date, names)
			}
			if name[1] == "元旦" && date[5:7] == "12" {
				year++ // arranged with the year that begins
			}
			if date >= "2020" {
				days[date] = fmt.Sprintf("%s,%s,%s,%d,chinese-days 1.5.7", date, kind, name[1], year)
			}
		}
	}
	fmt.Fprintln(out, "date,kind,name,year,source")
	for _, date := range slices.Sorted(maps.Keys(days)) {
		if _, err := fmt.Fprintln(out, days[date]); err != nil {
			return err
		}
	}
	return nil
}
