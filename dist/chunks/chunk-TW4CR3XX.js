import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var r='1 to 63 characters of a-z, 0-9, ".", "_" and "-", starting with a letter or digit',e=/^[a-z0-9](?:[a-z0-9._-]{0,62})$/;function a(t){return e.test(t)&&!t.includes("..")}function n(t){return t.toUpperCase().replace(/[^A-Z0-9]/g,"_")}export{r as a,a as b,n as c};
