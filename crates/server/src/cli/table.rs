//! Columns that stand under each other.

use super::Failure;
use super::out::{Out, Style, harmless};

/// Rows under a head, each column as wide as its widest cell.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<(Style, Vec<String>)>,
    /// Widths that columns have at least, for tables that are printed as rows come in.
    least: Vec<usize>,
}

impl Table {
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
            least: Vec::new(),
        }
    }

    pub(super) fn least(mut self, widths: &[usize]) -> Self {
        self.least = widths.to_vec();
        self
    }

    pub(super) fn row<const N: usize>(&mut self, style: Style, cells: &[String; N]) {
        debug_assert_eq!(N, self.head.len(), "a cell for each column");
        let cells = cells.iter().map(|cell| harmless(cell).into_owned());
        self.rows.push((style, cells.collect()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints the head and all rows.
    pub(super) fn print(&self, out: &mut Out) -> Result<(), Failure> {
        let head: Vec<String> = self.head.iter().map(|name| (*name).to_owned()).collect();
        let line = self.aligned(&head);
        out.line(format_args!("{}", out.styled(Style::Bold, line)))?;
        self.print_rows(out)
    }

    /// Prints the rows alone.
    pub(super) fn print_rows(&self, out: &mut Out) -> Result<(), Failure> {
        for (style, cells) in &self.rows {
            let line = self.aligned(cells);
            out.line(format_args!("{}", out.styled(*style, line)))?;
        }
        Ok(())
    }

    fn aligned(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            line.push_str(cell);
            let width = cell.chars().count();
            let wanted = self.width(column) + 2;
            line.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width)));
        }
        line.truncate(line.trim_end().len());
        line
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|(_, cells)| cells.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        let head = self.head.get(column).map_or(0, |name| name.len());
        let least = self.least.get(column).copied().unwrap_or(0);
        widest.max(head).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_whatever_their_letters() {
        let mut table = Table::new(&["name", "n"]);
        table.row(Style::Plain, &["Bäckerei".to_owned(), "1".to_owned()]);
        table.row(Style::Plain, &["Bank".to_owned(), "22".to_owned()]);
        let lines: Vec<String> = table
            .rows
            .iter()
            .map(|(_, cells)| table.aligned(cells))
            .collect();
        assert_eq!(lines, ["Bäckerei  1", "Bank      22"]);
    }
}
