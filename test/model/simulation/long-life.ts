// runLongLife(): one client and the real server for days, and what piled up meanwhile.
export async function runLongLife(_options: { days: number; restartsEvery: number }): Promise<object> {
  return {}
}
