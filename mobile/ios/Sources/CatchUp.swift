import BackgroundTasks
import Foundation

/// Time that iOS gives now and then to an app that nobody looks at.
final class CatchUp {
    static let identifier = "app.afterglow.Afterglow.catch-up"
    private static let earliest: TimeInterval = 15 * 60
    /// iOS gives about half a minute.
    private static let enough: TimeInterval = 25

    var isWanted = false

    func register(_ work: @escaping () -> Void) {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: CatchUp.identifier, using: .main) { [weak self] task in
            self?.schedule()
            let end = DispatchWorkItem { task.setTaskCompleted(success: true) }
            task.expirationHandler = {
                end.cancel()
                task.setTaskCompleted(success: false)
            }
            work()
            DispatchQueue.main.asyncAfter(deadline: .now() + CatchUp.enough, execute: end)
        }
    }

    func schedule() {
        guard isWanted else { return }
        let request = BGAppRefreshTaskRequest(identifier: CatchUp.identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: CatchUp.earliest)
        // Refused where the person has switched background refresh off: then the app catches up when it is opened.
        try? BGTaskScheduler.shared.submit(request)
    }
}
