package app.afterglow.mobile

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.os.Build
import android.provider.Settings
import android.webkit.WebView
import androidx.activity.result.ActivityResult
import androidx.appcompat.app.AppCompatActivity
import app.tauri.PermissionState
import app.tauri.annotation.ActivityCallback
import app.tauri.annotation.Command
import app.tauri.annotation.Permission
import app.tauri.annotation.PermissionCallback
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Channel
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin
import java.io.File
import java.util.concurrent.Executors

/** What Rust tells this phone to do. The names and fields are those of `mobile/src/contract.rs`. */
@TauriPlugin(
    permissions = [
        Permission(strings = ["android.permission.ACCESS_LOCAL_NETWORK"], alias = Asking.LOCAL_NETWORK),
        Permission(strings = [Manifest.permission.NEARBY_WIFI_DEVICES], alias = Asking.NEARBY_DEVICES),
        Permission(
            strings = [Manifest.permission.READ_MEDIA_IMAGES, Manifest.permission.READ_MEDIA_VIDEO],
            alias = Asking.PHOTOS,
        ),
        Permission(strings = [Manifest.permission.READ_EXTERNAL_STORAGE], alias = Asking.STORAGE),
        Permission(strings = [Manifest.permission.CAMERA], alias = Asking.CAMERA),
        Permission(strings = [Manifest.permission.POST_NOTIFICATIONS], alias = Asking.NOTIFICATIONS),
    ],
)
class AfterglowPlugin(
    private val activity: Activity,
) : Plugin(activity) {
    private val context = activity.applicationContext
    private val discovery = Discovery(context)
    private val roll = CameraRoll(context)
    private val gallery = Gallery(context)
    private val shared = SharedFiles()
    private val disk = Executors.newSingleThreadExecutor()
    private var events: Channel? = null

    override fun load(webView: WebView) {
        super.load(webView)
        take(activity.intent)
    }

    override fun onNewIntent(intent: Intent) {
        take(intent)
    }

    override fun onResume(activity: AppCompatActivity) {
        tell("resumed")
    }

    override fun onPause(activity: AppCompatActivity) {
        tell("paused")
    }

    override fun onDestroy(activity: AppCompatActivity) {
        discovery.close()
        roll.stop()
    }

    @Command
    fun listen(invoke: Invoke) {
        events = invoke.parseArgs(ListenArgs::class.java).events
        invoke.resolve()
        if (shared.isWaiting) tell("shared")
    }

    @Command
    fun permissions(invoke: Invoke) {
        val answer = JSObject()
        for (what in Asking.ALL) answer.put(what, grant(what))
        invoke.resolve(answer)
    }

    @Command
    fun ask(invoke: Invoke) {
        val alias = Asking.alias(invoke.parseArgs(AskArgs::class.java).what, Build.VERSION.SDK_INT)
        if (alias == null) permissions(invoke) else requestPermissionForAlias(alias, invoke, "answered")
    }

    @PermissionCallback
    fun answered(invoke: Invoke) {
        permissions(invoke)
    }

    @Command
    fun announce(invoke: Invoke) {
        val args = invoke.parseArgs(AnnounceArgs::class.java)
        discovery.announce(args.instance, args.port, args.text, settle(invoke))
    }

    @Command
    fun withdraw(invoke: Invoke) {
        discovery.withdraw(invoke.parseArgs(WithdrawArgs::class.java).instance)
        invoke.resolve()
    }

    @Command
    fun browse(invoke: Invoke) {
        val events = invoke.parseArgs(BrowseArgs::class.java).events
        discovery.browse(settle(invoke)) { seen -> events.sendObject(seen) }
    }

    @Command
    fun stopBrowsing(invoke: Invoke) {
        discovery.stopBrowsing()
        invoke.resolve()
    }

    @Command
    fun startSharing(invoke: Invoke) {
        val args = invoke.parseArgs(SignArgs::class.java)
        attempt(invoke) {
            SharingService.start(context, args.title)
            invoke.resolve()
        }
    }

    @Command
    fun stopSharing(invoke: Invoke) {
        SharingService.stop(context)
        invoke.resolve()
    }

    @Command
    fun watchRoll(invoke: Invoke) {
        val args = invoke.parseArgs(WatchRollArgs::class.java)
        attempt(invoke) {
            roll.start(File(args.folder), args.sinceMs)
            invoke.resolve()
        }
    }

    @Command
    fun stopRoll(invoke: Invoke) {
        roll.stop()
        invoke.resolve()
    }

    @Command
    fun pick(invoke: Invoke) {
        val pick =
            Intent(Intent.ACTION_GET_CONTENT)
                .setType("*/*")
                .addCategory(Intent.CATEGORY_OPENABLE)
                .putExtra(Intent.EXTRA_MIME_TYPES, arrayOf("image/*", "video/*"))
                .putExtra(Intent.EXTRA_ALLOW_MULTIPLE, true)
        startActivityForResult(invoke, pick, "picked")
    }

    @ActivityCallback
    fun picked(
        invoke: Invoke,
        result: ActivityResult,
    ) {
        val folder = File(invoke.parseArgs(FolderArgs::class.java).folder)
        disk.execute {
            attempt(invoke) { invoke.resolveObject(Files(gallery.copyAll(handedOver(result.data), folder))) }
        }
    }

    @Command
    fun takeShared(invoke: Invoke) {
        val folder = File(invoke.parseArgs(FolderArgs::class.java).folder)
        disk.execute {
            attempt(invoke) { invoke.resolveObject(Files(gallery.copyAll(shared.take(), folder))) }
        }
    }

    @Command
    fun openSettings(invoke: Invoke) {
        val settings =
            Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", context.packageName, null))
        attempt(invoke) {
            activity.startActivity(settings)
            invoke.resolve()
        }
    }

    @Command
    fun share(invoke: Invoke) {
        val files = invoke.parseArgs(ShareArgs::class.java).files.map { File(it.path) }
        attempt(invoke) {
            activity.startActivity(Sharing.chooser(context, files))
            invoke.resolve()
        }
    }

    @Command
    fun save(invoke: Invoke) {
        val args = invoke.parseArgs(SaveArgs::class.java)
        disk.execute {
            attempt(invoke) {
                gallery.save(File(args.path), args.name)
                invoke.resolve()
            }
        }
    }

    @Command
    fun preview(invoke: Invoke) {
        val args = invoke.parseArgs(PreviewArgs::class.java)
        disk.execute {
            attempt(invoke) {
                val made = gallery.preview(File(args.path), File(args.jpeg), args.pixels)
                invoke.resolve(JSObject().put("made", made))
            }
        }
    }

    private fun take(intent: Intent?) {
        shared.add(handedOver(intent?.takeIf { it.action in SHARING }))
        if (shared.isWaiting) tell("shared")
    }

    private fun tell(kind: String) {
        events?.send(JSObject().put("kind", kind))
    }

    private fun grant(what: String): String {
        val alias = Asking.alias(what, Build.VERSION.SDK_INT) ?: return "granted"
        return when (getPermissionState(alias)) {
            PermissionState.GRANTED -> "granted"
            PermissionState.DENIED -> "denied"
            else -> "notAsked"
        }
    }

    private fun settle(invoke: Invoke): (Int?) -> Unit =
        { failure ->
            if (failure ==
                null
            ) {
                invoke.resolve()
            } else {
                invoke.reject("discovery failed with code $failure", failure.toString())
            }
        }

    /** What the system throws is an answer too. */
    private fun attempt(
        invoke: Invoke,
        work: () -> Unit,
    ) {
        try {
            work()
        } catch (error: Exception) {
            invoke.reject(error.message ?: error.javaClass.simpleName, error)
        }
    }

    private companion object {
        val SHARING = setOf(Intent.ACTION_SEND, Intent.ACTION_SEND_MULTIPLE)
    }
}
