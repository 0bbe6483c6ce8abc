// Stand-ins for what Gradle makes or fetches beside the sources of Tauri's Android library.

package app.tauri

object BuildConfig {
    const val DEBUG = false
}
