from django.urls import path

from apps.accounts.views import factors, links, picker, profile, sign_in

app_name = "accounts"
urlpatterns = [
    path("find/principals/", picker.find, name="find_principals"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("account/link/<uuid:pk>/", links.open_link, name="link"),
    path("account/", profile.profile, name="profile"),
    path("account/password/", profile.password, name="password"),
    path("account/sessions/end/", profile.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<uuid:pk>/end/", profile.end_session, name="end_session"),
    path("account/second-factor/add/", factors.add_factor, name="add_factor"),
    path("account/second-factor/recover/", factors.recover, name="recover"),
    path("account/second-factor/confirm/", factors.confirm_factor, name="confirm_factor"),
    path("account/second-factor/recovery-codes/", factors.recovery_codes, name="recovery_codes"),
    path("account/second-factor/<int:pk>/delete/", factors.delete_factor, name="delete_factor"),
]
