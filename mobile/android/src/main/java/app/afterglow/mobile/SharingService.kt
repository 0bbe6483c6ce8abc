package app.afterglow.mobile

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Service
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.net.wifi.WifiManager
import android.os.Build
import android.os.IBinder
import androidx.core.app.NotificationCompat
import androidx.core.content.ContextCompat

/** Keeps the process alive and hearing multicast while nobody looks at the app, under a notification that says so. */
class SharingService : Service() {
    private var multicast: WifiManager.MulticastLock? = null

    override fun onBind(intent: Intent?): IBinder? = null

    override fun onStartCommand(
        intent: Intent?,
        flags: Int,
        startId: Int,
    ): Int {
        val sign = sign(intent?.getStringExtra(TITLE).orEmpty())
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            startForeground(ID, sign, ServiceInfo.FOREGROUND_SERVICE_TYPE_CONNECTED_DEVICE)
        } else {
            startForeground(ID, sign)
        }
        if (multicast == null) multicast = hearMulticast()
        // Without the process there is nothing to go on with.
        return START_NOT_STICKY
    }

    override fun onDestroy() {
        multicast?.let { if (it.isHeld) it.release() }
        super.onDestroy()
    }

    private fun hearMulticast(): WifiManager.MulticastLock {
        val wifi = applicationContext.getSystemService(Context.WIFI_SERVICE) as WifiManager
        val lock = wifi.createMulticastLock(CHANNEL)
        lock.setReferenceCounted(false)
        lock.acquire()
        return lock
    }

    private fun sign(title: String): Notification {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
            val name = getString(R.string.afterglow_channel)
            val channel = NotificationChannel(CHANNEL, name, NotificationManager.IMPORTANCE_LOW)
            getSystemService(NotificationManager::class.java).createNotificationChannel(channel)
        }
        val builder =
            NotificationCompat
                .Builder(this, CHANNEL)
                .setContentTitle(title)
                .setContentText(getString(R.string.afterglow_channel))
                .setSmallIcon(R.drawable.afterglow_sign)
                .setOngoing(true)
        packageManager.getLaunchIntentForPackage(packageName)?.let { open ->
            builder.setContentIntent(PendingIntent.getActivity(this, 0, open, PendingIntent.FLAG_IMMUTABLE))
        }
        return builder.build()
    }

    companion object {
        private const val CHANNEL = "sharing"
        private const val ID = 1
        private const val TITLE = "title"

        fun start(
            context: Context,
            title: String,
        ) {
            val intent = Intent(context, SharingService::class.java).putExtra(TITLE, title)
            ContextCompat.startForegroundService(context, intent)
        }

        fun stop(context: Context) {
            context.stopService(Intent(context, SharingService::class.java))
        }
    }
}
