//! Columns that stand under each other.

use super::Failure;
use super::out::{Out, Style, harmless};

/// Rows under a head, each column as wide as its widest cell.
#[derive(Debug)]
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<(Style, Vec<String>)>,
    /// Of each column the widest cell so far, in characters. Kept as rows are added, since there
    /// can be tens of thousands of them.
    widths: Vec<usize>,
}

impl Table {
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
            widths: head.iter().map(|name| name.len()).collect(),
        }
    }

    /// With columns at least so wide, for tables that are printed as rows come in.
    pub(super) fn least(mut self, widths: &[usize]) -> Self {
        for (width, least) in self.widths.iter_mut().zip(widths) {
            *width = (*width).max(*least);
        }
        self
    }

    pub(super) fn row<const N: usize>(&mut self, style: Style, cells: &[String; N]) {
        debug_assert_eq!(N, self.head.len(), "a cell for each column");
        let cells = cells.iter().map(|cell| harmless(cell).into_owned());
        let cells: Vec<String> = cells.collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push((style, cells));
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
        for (cell, width) in cells.iter().zip(&self.widths) {
            line.push_str(cell);
            let space = (width + 2).saturating_sub(cell.chars().count());
            line.extend(std::iter::repeat_n(' ', space));
        }
        line.truncate(line.trim_end().len());
        line
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
