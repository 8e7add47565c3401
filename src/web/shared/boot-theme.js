// Runs before the first paint. 'system', or nothing stored, leaves the choice to the browser.
try {
  const theme = localStorage.getItem('sftpgo.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage can be refused to a frame; then the system's theme is shown.
}
